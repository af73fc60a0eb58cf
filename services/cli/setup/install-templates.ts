import type { Client } from '@elastic/elasticsearch';
import { elasticsearchFailure } from '../../runtime/elasticsearch/elasticsearch-failure.ts';
import type { InstalledTemplate, InstalledTemplates } from './installed-templates.ts';
import type { SetupStep } from './setup-step.ts';
import type { ComponentTemplate, TemplateSet } from './template-set.ts';

export interface InstallOptions {
  readonly isDryRun: boolean;
  /** Over templates of others and over newer ones too. */
  readonly isForced: boolean;
}

/**
 * Puts the templates of the set on the server, first the components, that are not there in this version and with these
 * choices. A newer one stays, and so does one that somebody else made.
 */
export async function installTemplates(
  client: Client,
  set: TemplateSet,
  installed: InstalledTemplates,
  options: InstallOptions,
): Promise<SetupStep[]> {
  const steps: SetupStep[] = [];
  for (const [name, body] of set.components) {
    const put = () =>
      client.transport.request({
        method: 'PUT',
        path: `/_component_template/${encodeURIComponent(name)}`,
        body,
      });
    steps.push(await install('component_template', name, body, installed.components.get(name), put, options));
  }
  for (const [name, body] of set.indexTemplates) {
    const put = () =>
      client.transport.request({ method: 'PUT', path: `/_index_template/${encodeURIComponent(name)}`, body });
    steps.push(await install('index_template', name, body, installed.indexTemplates.get(name), put, options));
  }
  return steps;
}

async function install(
  kind: SetupStep['kind'],
  name: string,
  { _meta: meta }: ComponentTemplate,
  there: InstalledTemplate | undefined,
  put: () => Promise<unknown>,
  { isDryRun, isForced }: InstallOptions,
): Promise<SetupStep> {
  const found = there?._meta;
  if (there !== undefined && found?.managed_by !== 'flowtap' && !isForced) {
    const detail = 'somebody else has made one of this name; --force replaces it';
    return { kind, name, outcome: 'failed', detail };
  }
  const [version, own] = [found?.version ?? 0, meta.version ?? 0];
  if (there !== undefined && version > own && !isForced) {
    return { kind, name, outcome: 'newer', detail: `version ${version} is there, this is ${own}` };
  }
  if (found?.revision === meta.revision && version === own) return { kind, name, outcome: 'unchanged' };
  try {
    if (!isDryRun) await put();
  } catch (error) {
    return { kind, name, outcome: 'failed', detail: elasticsearchFailure(error, 'install it').message };
  }
  if (there === undefined) return { kind, name, outcome: 'created' };
  return { kind, name, outcome: 'updated', detail: change(version, own) };
}

function change(from: number, to: number): string {
  return from === to ? `version ${to}, with other choices` : `version ${from} to ${to}`;
}

import type { Client } from '@elastic/elasticsearch';
import { elasticsearchFailure, isNotFound } from '../../runtime/elasticsearch/elasticsearch-failure.ts';
import { findStreams, streamPattern } from './data-streams.ts';
import type { InstalledTemplates } from './installed-templates.ts';
import type { SetupStep } from './setup-step.ts';
import type { TemplateSet } from './template-set.ts';

export interface RemoveOptions {
  readonly isDryRun: boolean;
  /** With all documents. */
  readonly withData: boolean;
}

/**
 * Takes the templates away, those that somebody else made excepted. A template whose streams are there cannot go: they
 * go first, if that is wanted. Components `@custom` are the user's, and stay.
 */
export async function removeTemplates(
  client: Client,
  set: TemplateSet,
  installed: InstalledTemplates,
  { isDryRun, withData }: RemoveOptions,
): Promise<SetupStep[]> {
  const steps: SetupStep[] = [];
  const attempt = async (kind: SetupStep['kind'], name: string, path: string): Promise<void> => {
    try {
      if (!isDryRun) await client.transport.request({ method: 'DELETE', path });
      steps.push({ kind, name, outcome: 'removed' });
    } catch (error) {
      if (isNotFound(error)) steps.push({ kind, name, outcome: 'absent' });
      else
        steps.push({
          kind,
          name,
          outcome: 'failed',
          detail: elasticsearchFailure(error, 'remove it').message,
        });
    }
  };
  for (const [name, template] of set.indexTemplates) {
    const { streams } = await findStreams(client, streamPattern(template, undefined)).catch((error) => {
      throw elasticsearchFailure(error, 'look for data streams');
    });
    if (streams.length > 0 && !withData) {
      const names = streams.map((stream) => stream.name).join(', ');
      const detail = `in use by ${names}; --remove-data deletes these with all documents`;
      steps.push({ kind: 'index_template', name, outcome: 'failed', detail });
      continue;
    }
    for (const stream of streams) await attempt('data_stream', stream.name, `/_data_stream/${stream.name}`);
    if (isOurs(installed.indexTemplates, name))
      await attempt('index_template', name, `/_index_template/${name}`);
    else steps.push({ kind: 'index_template', name, outcome: 'absent' });
  }
  const used = new Set(
    steps.flatMap(({ kind, name, outcome }) =>
      kind === 'index_template' && outcome === 'failed'
        ? (set.indexTemplates.get(name)?.composed_of ?? [])
        : [],
    ),
  );
  for (const name of set.components.keys()) {
    const kind = 'component_template';
    if (!isOurs(installed.components, name)) steps.push({ kind, name, outcome: 'absent' });
    else if (used.has(name))
      steps.push({ kind, name, outcome: 'skipped', detail: 'its index template is there' });
    else await attempt(kind, name, `/_component_template/${encodeURIComponent(name)}`);
  }
  return steps;
}

function isOurs(installed: InstalledTemplates['components'], name: string): boolean {
  return installed.get(name)?._meta?.managed_by === 'flowtap';
}

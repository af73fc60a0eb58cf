import type { Client } from '@elastic/elasticsearch';
import { elasticsearchFailure, isNotFound } from '../../runtime/elasticsearch/elasticsearch-failure.ts';
import type { ManagedMeta, TemplateBody, TemplateSet } from './template-set.ts';

export interface InstalledTemplate {
  readonly _meta?: ManagedMeta;
  readonly template?: TemplateBody;
}

/** What the server has under the names of the set. */
export interface InstalledTemplates {
  readonly components: ReadonlyMap<string, InstalledTemplate>;
  readonly indexTemplates: ReadonlyMap<string, InstalledTemplate>;
}

export async function readInstalled(client: Client, set: TemplateSet): Promise<InstalledTemplates> {
  const components = new Map<string, InstalledTemplate>();
  const indexTemplates = new Map<string, InstalledTemplate>();
  try {
    for (const name of set.components.keys()) {
      const found = await orNothing(client.cluster.getComponentTemplate({ name }));
      const content = found?.component_templates[0]?.component_template;
      // The package's types know neither all of `_meta` nor of `lifecycle`.
      if (content !== undefined) components.set(name, bare(content));
    }
    for (const name of set.indexTemplates.keys()) {
      const found = await orNothing(client.indices.getIndexTemplate({ name }));
      const content = found?.index_templates[0]?.index_template;
      if (content !== undefined) indexTemplates.set(name, bare(content));
    }
  } catch (error) {
    throw elasticsearchFailure(error, 'read the templates that are there');
  }
  return { components, indexTemplates };
}

function bare(content: unknown): InstalledTemplate {
  return content as InstalledTemplate;
}

async function orNothing<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The bodies of the components, for what was chosen when they were installed. */
export function formerChoices({ components }: InstalledTemplates): ReadonlyMap<string, TemplateBody> {
  const own = [...components].filter(([, { _meta }]) => _meta?.managed_by === 'flowtap');
  return new Map(own.map(([name, { template }]) => [name, template ?? {}]));
}

import type { Client } from '@elastic/elasticsearch';
import { isUnknownEndpoint } from '../../runtime/elasticsearch/elasticsearch-failure.ts';
import { streamPattern } from './data-streams.ts';
import type { SetupStep } from './setup-step.ts';
import type { IndexTemplate } from './template-set.ts';

interface Simulated {
  readonly template: { readonly mappings?: { readonly _meta?: { readonly revision?: string } } };
}

/** Would an index of this name be made from our template, or has another one a higher priority? Undefined where it would. */
export async function checkPrecedence(
  client: Client,
  name: string,
  template: IndexTemplate,
  namespace: string | undefined,
): Promise<SetupStep | undefined> {
  const index = streamPattern(template, namespace ?? 'default');
  try {
    const path = `/_index_template/_simulate_index/${index}`;
    const { template: result } = await client.transport.request<Simulated>({ method: 'POST', path });
    if (result.mappings?._meta?.revision === template._meta.revision) return undefined;
  } catch (error) {
    if (isUnknownEndpoint(error)) return undefined;
    throw error;
  }
  const detail = `${index} would be made from another template, of a higher priority than ${template.priority}; or a component ${name}@custom replaces its _meta`;
  return { kind: 'index_template', name, outcome: 'failed', detail };
}

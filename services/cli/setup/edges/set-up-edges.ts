import type { Client } from '@elastic/elasticsearch';
import {
  elasticsearchFailure,
  isNotFound,
  isUnknownEndpoint,
} from '../../../runtime/elasticsearch/elasticsearch-failure.ts';
import type { SetupStep } from '../setup-step.ts';
import type { EdgeSet, EdgeTransform } from './edge-set.ts';
import { EDGE_ROLE, EDGES } from './edge-set.ts';

export interface EdgeOptions {
  readonly isDryRun: boolean;
  /** Over a newer one, and over one that somebody else made. */
  readonly isForced: boolean;
}

/** Installs the index and the transform that fills it, or brings both to this version. */
export async function installEdges(client: Client, set: EdgeSet, options: EdgeOptions): Promise<SetupStep[]> {
  const steps: SetupStep[] = [];
  for (const install of [installIndex, installTransform]) {
    try {
      steps.push(await install(client, set, options));
    } catch (error) {
      const kind = install === installIndex ? 'index' : 'transform';
      const detail = isUnknownEndpoint(error)
        ? 'this Elasticsearch has no transforms'
        : elasticsearchFailure(error, 'install it').message;
      steps.push({ kind, name: EDGES, outcome: 'failed', detail });
    }
    if (steps.at(-1)?.outcome === 'failed') break;
  }
  return steps;
}

async function installIndex(
  client: Client,
  { index }: EdgeSet,
  { isDryRun }: EdgeOptions,
): Promise<SetupStep> {
  const there = await found<
    Record<string, { readonly mappings: { readonly _meta?: { readonly revision?: string } } }>
  >(client, `/${EDGES}/_mapping`);
  const { mappings, settings } = index;
  if (there === undefined) {
    if (!isDryRun)
      await client.transport.request({ method: 'PUT', path: `/${EDGES}`, body: { settings, mappings } });
    return { kind: 'index', name: EDGES, outcome: 'created' };
  }
  const { revision } = mappings._meta as { readonly revision: string };
  if (there[EDGES]?.mappings._meta?.revision === revision)
    return { kind: 'index', name: EDGES, outcome: 'unchanged' };
  // Fields are only ever added.
  if (!isDryRun)
    await client.transport.request({ method: 'PUT', path: `/${EDGES}/_mapping`, body: mappings });
  return { kind: 'index', name: EDGES, outcome: 'updated' };
}

const PATH = `/_transform/${EDGES}`;

async function installTransform(
  client: Client,
  { transform }: EdgeSet,
  { isDryRun, isForced }: EdgeOptions,
): Promise<SetupStep> {
  const step = { kind: 'transform', name: EDGES } as const;
  const there = await installedTransform(client);
  const { version = 0, revision, pivot_revision: pivot } = transform._meta;
  if (there === undefined) {
    if (!isDryRun) await create(client, transform);
    return { ...step, outcome: 'created' };
  }
  const former = there._meta ?? {};
  if (former.managed_by !== 'flowtap' && !isForced) {
    return {
      ...step,
      outcome: 'failed',
      detail: 'somebody else has made one of this name; --force replaces it',
    };
  }
  if ((former.version ?? 0) > version && !isForced) {
    return { ...step, outcome: 'newer', detail: `version ${former.version} is there, this is ${version}` };
  }
  if (former.revision === revision) return await keepRunning(client, isDryRun);
  if (former.pivot_revision === pivot) {
    const { pivot: _pivot, ...changeable } = transform;
    if (!isDryRun)
      await client.transport.request({ method: 'POST', path: `${PATH}/_update`, body: changeable });
    return { ...step, outcome: 'updated' };
  }
  if (!isDryRun) {
    await stop(client);
    await client.transport.request({ method: 'DELETE', path: PATH });
    await create(client, transform);
  }
  return {
    ...step,
    outcome: 'updated',
    detail: 'replaced: it makes all edges of the flows that are there anew',
  };
}

async function create(client: Client, body: EdgeTransform): Promise<void> {
  // The streams need not be there yet.
  await client.transport.request({
    method: 'PUT',
    path: PATH,
    querystring: { defer_validation: true },
    body,
  });
  await client.transport.request({ method: 'POST', path: `${PATH}/_start` });
}

/** One that somebody stopped, or whose start was broken off, is started; one that failed says why. */
async function keepRunning(client: Client, isDryRun: boolean): Promise<SetupStep> {
  const step = { kind: 'transform', name: EDGES } as const;
  const { transforms } = await client.transport.request<{
    readonly transforms: readonly { readonly state: string; readonly reason?: string }[];
  }>({ method: 'GET', path: `${PATH}/_stats` });
  const { state, reason = 'no reason is given' } = transforms[0] ?? { state: 'stopped' };
  if (state === 'failed') return { ...step, outcome: 'failed', detail: `it has failed: ${reason}` };
  if (state !== 'stopped') return { ...step, outcome: 'unchanged' };
  if (!isDryRun) await client.transport.request({ method: 'POST', path: `${PATH}/_start` });
  return { ...step, outcome: 'updated', detail: 'it was stopped, and is started' };
}

/** Takes the transform away, and, `withData`, its edges. Nothing where there is none. */
export async function removeEdges(
  client: Client,
  { isDryRun, withData }: { readonly isDryRun: boolean; readonly withData: boolean },
): Promise<SetupStep[]> {
  const steps: SetupStep[] = [];
  try {
    const transform = await installedTransform(client);
    if (transform?._meta?.managed_by !== 'flowtap') return steps;
    if (!isDryRun) {
      await stop(client);
      await client.transport.request({ method: 'DELETE', path: PATH });
    }
    steps.push({ kind: 'transform', name: EDGES, outcome: 'removed' });
    if (!withData) {
      const detail = 'holds edges; --remove-data deletes it';
      return [...steps, { kind: 'index', name: EDGES, outcome: 'skipped', detail }];
    }
    if (!isDryRun) await client.transport.request({ method: 'DELETE', path: `/${EDGES}` });
    steps.push({ kind: 'index', name: EDGES, outcome: 'removed' });
  } catch (error) {
    // Without the endpoint there are no edges.
    if (isUnknownEndpoint(error)) return steps;
    const failure = elasticsearchFailure(error, 'remove it');
    const isRefused = steps.length === 0 && failure.code === 'ELASTICSEARCH_REFUSED';
    const detail = isRefused
      ? `whether there is one may not be looked at: that takes the role ${EDGE_ROLE}`
      : failure.message;
    steps.push({ kind: 'transform', name: EDGES, outcome: isRefused ? 'skipped' : 'failed', detail });
  }
  return steps;
}

async function stop(client: Client): Promise<void> {
  const querystring = { wait_for_completion: true, force: true, timeout: '30s' };
  await client.transport.request({ method: 'POST', path: `${PATH}/_stop`, querystring });
}

/** How long edges are kept by the transform that is there; undefined where there is none. */
export async function formerEdgeRetention(client: Client, unlimited: string): Promise<string | undefined> {
  try {
    const there = await installedTransform(client);
    if (there?._meta?.managed_by !== 'flowtap') return undefined;
    return there.retention_policy?.time.max_age ?? unlimited;
  } catch (error) {
    if (isUnknownEndpoint(error)) return undefined;
    throw elasticsearchFailure(error, 'read the transform that is there');
  }
}

async function installedTransform(client: Client): Promise<Partial<EdgeTransform> | undefined> {
  const answer = await found<{ readonly transforms: readonly Partial<EdgeTransform>[] }>(client, PATH);
  return answer?.transforms[0];
}

async function found<Answer>(client: Client, path: string): Promise<Answer | undefined> {
  try {
    return await client.transport.request<Answer>({ method: 'GET', path });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

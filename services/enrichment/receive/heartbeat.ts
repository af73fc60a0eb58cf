import { createHash } from 'node:crypto';
import type { FlowBatchHeader } from '../../core/flow-batch.ts';
import type { EnrichedDocument } from '../document/enriched-document.ts';
import type { Sender } from '../document/sender.ts';

export const HEARTBEAT_DATASET = 'flowtap.probe';

export interface HeartbeatOrigin {
  readonly sender: Sender;
  /** Name of the Kubernetes cluster, where it has one. */
  readonly cluster: string | undefined;
  /** Namespace of the data stream. */
  readonly namespace: string;
}

/** How a probe is, as it says itself: its counters since its start. The same for a batch that comes again. */
export function heartbeatDocument(header: FlowBatchHeader, origin: HeartbeatOrigin): EnrichedDocument {
  const { probe, sequence, createdMs, final, error, counters } = header;
  const { sender, cluster, namespace } = origin;
  const { pod } = sender;
  const observer = { type: 'sensor', vendor: 'flowtap', name: probe.host, version: probe.version };
  const body = {
    '@timestamp': new Date(createdMs).toISOString(),
    ecs: { version: '9.3.0' },
    data_stream: { type: 'metrics', dataset: HEARTBEAT_DATASET, namespace },
    event: { kind: 'metric', dataset: HEARTBEAT_DATASET, module: 'flowtap', provider: 'flowtap' },
    agent: { type: 'flowtap', id: probe.id, version: probe.version },
    host: { name: pod?.node ?? probe.host },
    observer,
    ...(error !== undefined && { error: { code: error.code, message: error.message } }),
    ...((pod !== undefined || cluster !== undefined) && {
      orchestrator: {
        type: 'kubernetes',
        ...(cluster !== undefined && { cluster: { name: cluster } }),
        ...(pod !== undefined && {
          namespace: pod.namespace,
          resource: { type: 'pod', name: pod.name, id: pod.uid },
        }),
      },
    }),
    ...(pod !== undefined && {
      kubernetes: {
        namespace: pod.namespace,
        pod: { name: pod.name, uid: pod.uid },
        ...(pod.node !== undefined && { node: { name: pod.node } }),
      },
    }),
    flowtap: {
      probe: { id: probe.id, started: new Date(probe.startedMs).toISOString(), sequence, final },
      counters: nestCounters(counters),
    },
  };
  const identity = `${pod?.uid ?? sender.name ?? ''}\n${probe.id}\n${sequence}`;
  return {
    stream: `metrics-${HEARTBEAT_DATASET}-${namespace}`,
    id: createHash('sha1').update(identity).digest('base64url'),
    body: JSON.stringify(body),
  };
}

interface NestedCounters {
  [name: string]: number | NestedCounters;
}

/** `{"capture.kernel_drops": 1}` as objects. Where a name is also the beginning of another one, its number is its `total`. */
export function nestCounters(counters: Readonly<Record<string, number>>): NestedCounters {
  const root: NestedCounters = Object.create(null);
  for (const [name, value] of Object.entries(counters)) {
    const path = name.split('.');
    const last = path.pop() ?? name;
    let parent = root;
    for (const step of path) {
      const inner = parent[step];
      const object: NestedCounters = typeof inner === 'object' ? inner : Object.create(null);
      if (typeof inner === 'number') object.total = inner;
      parent[step] = object;
      parent = object;
    }
    const there = parent[last];
    if (typeof there === 'object') there.total = value;
    else parent[last] = value;
  }
  return root;
}

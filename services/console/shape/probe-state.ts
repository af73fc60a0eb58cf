import type { FlowDocument, ProbeState } from '../flow-source.ts';
import { textAt, walk } from './read-document.ts';

/** A heartbeat as the state of its probe. */
export function probeState(document: FlowDocument): ProbeState {
  return {
    id: textAt(document, 'agent.id') ?? '',
    name: textAt(document, 'kubernetes.pod.name') ?? textAt(document, 'observer.name') ?? 'unknown',
    namespace: textAt(document, 'kubernetes.namespace'),
    node: textAt(document, 'kubernetes.node.name'),
    version: textAt(document, 'agent.version'),
    started: textAt(document, 'flowtap.probe.started'),
    lastHeartbeat: textAt(document, '@timestamp') ?? '',
    isFinal: textAt(document, 'flowtap.probe.final') === 'true',
    error: textAt(document, 'error.message'),
    counters: Object.fromEntries(flatten(walk(document, 'flowtap.counters'), '')),
  };
}

/** By name, then by start: of a pod's probes the newest is the last. */
export function compareProbes(a: ProbeState, b: ProbeState): number {
  const keyOf = ({ namespace, name, started, id }: ProbeState): string =>
    JSON.stringify([namespace ?? '', name, started ?? '', id]);
  return keyOf(a) < keyOf(b) ? -1 : 1;
}

function flatten(value: unknown, path: string): readonly (readonly [string, number])[] {
  if (typeof value === 'number') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    flatten(inner, path === '' ? name : `${path}.${name}`),
  );
}

import type { End, Level } from '../flow-source.ts';
import type { Value } from './group.ts';
import { textOf } from './group.ts';

type Side = 'source' | 'destination';

/** What a level looks at, below `source` or `destination`: what an end is called by, the best name first. */
const NAMES: Readonly<Record<Level, readonly (readonly [kind: End['kind'], field: string])[]>> = {
  namespace: [['namespace', 'kubernetes.namespace']],
  service: [
    ['service', 'kubernetes.service.name'],
    ['workload', 'kubernetes.workload.name'],
    ['node', 'kubernetes.node.name'],
  ],
  workload: [
    ['workload', 'kubernetes.workload.name'],
    ['service', 'kubernetes.service.name'],
    ['node', 'kubernetes.node.name'],
  ],
  pod: [
    ['pod', 'kubernetes.pod.name'],
    ['service', 'kubernetes.service.name'],
    ['node', 'kubernetes.node.name'],
  ],
  address: [
    ['pod', 'kubernetes.pod.name'],
    ['service', 'kubernetes.service.name'],
    ['node', 'kubernetes.node.name'],
    ['address', 'ip'],
  ],
};

/** Kinds that belong to a namespace. */
const NAMESPACED: readonly End['kind'][] = ['service', 'workload', 'pod'];

/** The fields that tell the ends of a level. */
export function endFields(level: Level): readonly string[] {
  const ofSide = (side: Side): string[] => [
    ...new Set(
      ['kubernetes.namespace', ...NAMES[level].map(([, field]) => field)].map((f) => `${side}.${f}`),
    ),
    `flowtap.${side}.named_by`,
  ];
  return [...ofSide('source'), ...ofSide('destination')];
}

/** What an end is called at a level. */
export function endOf(side: Side, level: Level, read: (field: string) => Value): End {
  for (const [kind, field] of NAMES[level]) {
    const name = textOf(read(`${side}.${field}`));
    if (name === undefined) continue;
    const namespace = NAMESPACED.includes(kind) ? textOf(read(`${side}.kubernetes.namespace`)) : undefined;
    return { kind, name, ...(namespace !== undefined && { namespace }) };
  }
  switch (read(`flowtap.${side}.named_by`)) {
    case 'external':
      return { kind: 'outside', name: 'outside' };
    case 'node':
      return { kind: 'node', name: 'nodes' };
    default:
      return { kind: 'unknown', name: 'unknown' };
  }
}

/** The same for the same end, and for no other. */
export function endKey({ kind, namespace, name }: End): string {
  return JSON.stringify([kind, namespace, name]);
}

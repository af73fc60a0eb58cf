import { parseIp } from '../core/ip-address.ts';
import type { KubernetesObject } from '../runtime/kubernetes/kubernetes-object.ts';
import { claimFields, lifeTimes } from './claim-times.ts';
import type { Sighting, StoredObject } from './stored-object.ts';
import { isoTime } from './stored-object.ts';

/** Labels that say where a node is and what it is; its others stay away, as some change by the minute. */
const KEPT_LABELS = [
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
  'node.kubernetes.io/instance-type',
  'kubernetes.io/hostname',
  'kubernetes.io/os',
  'kubernetes.io/arch',
];

/** A node as the state store has it. */
export function projectNode(node: KubernetesObject, sighting: Sighting, skewMs: number): StoredObject {
  const { metadata, spec = {}, status = {} } = node;
  const labels = Object.entries(metadata.labels ?? {}).filter(([name]) => KEPT_LABELS.includes(name));
  const addresses = nodeAddresses(status.addresses ?? []);
  return {
    uid: metadata.uid,
    namespace: '',
    name: metadata.name,
    data: {
      labels: Object.fromEntries(labels),
      addresses,
      podCidrs: spec.podCIDRs ?? [],
    },
    since: metadata.creationTimestamp ?? isoTime(sighting.atMs),
    until: sighting.isGone ? isoTime(sighting.atMs) : null,
    addresses,
    ...claimFields(lifeTimes(node, sighting), sighting, skewMs),
  };
}

/** Host names among them are left out. */
function nodeAddresses(listed: readonly { readonly address?: string }[]): string[] {
  const texts = listed
    .map(({ address }) => address)
    .filter((ip) => ip !== undefined && parseIp(ip) !== undefined);
  return [...new Set(texts)] as string[];
}

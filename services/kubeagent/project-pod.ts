import { parseIp } from '../core/ip-address.ts';
import { PROBE_CONTAINER } from '../core/probe-container.ts';
import type { KubernetesObject, OwnerReference } from '../runtime/kubernetes/kubernetes-object.ts';
import { claimFields } from './claim-times.ts';
import { podTimes } from './pod-times.ts';
import { protocolNumber } from './protocol-number.ts';
import type { Sighting, StoredObject } from './stored-object.ts';
import { isoTime } from './stored-object.ts';

interface Container {
  readonly name?: string;
  readonly ports?: readonly { readonly containerPort?: number; readonly protocol?: string }[];
}

/** A pod as the state store has it. Where it shares its node's network, its addresses are the node's. */
export function projectPod(pod: KubernetesObject, sighting: Sighting, skewMs: number): StoredObject {
  const { metadata, spec = {}, status = {} } = pod;
  const containers: readonly Container[] = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const hostNetwork = spec.hostNetwork === true;
  const times = podTimes(pod, sighting);
  return {
    uid: metadata.uid,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    data: {
      labels: metadata.labels ?? {},
      ...(spec.nodeName && { node: spec.nodeName }),
      phase: status.phase ?? 'Pending',
      hostNetwork,
      monitored: containers.some(({ name }) => name === PROBE_CONTAINER),
      addresses: podAddresses(status),
      ports: declaredPorts(containers),
      ...ownerField(metadata.ownerReferences),
    },
    since: metadata.creationTimestamp ?? isoTime(sighting.atMs),
    until: sighting.isGone ? isoTime(sighting.atMs) : null,
    addresses: hostNetwork ? null : podAddresses(status),
    ...claimFields(times, sighting, skewMs),
  };
}

function podAddresses(status: { podIP?: string; podIPs?: readonly { ip?: string }[] }): string[] {
  const listed = [status.podIP, ...(status.podIPs ?? []).map(({ ip }) => ip)];
  return [...new Set(listed.filter((ip) => ip !== undefined && parseIp(ip) !== undefined))] as string[];
}

function declaredPorts(containers: readonly Container[]): { protocol: number; port: number }[] {
  return containers
    .filter(({ name }) => name !== PROBE_CONTAINER)
    .flatMap(({ ports }) => ports ?? [])
    .flatMap(({ containerPort, protocol }) =>
      containerPort === undefined ? [] : [{ protocol: protocolNumber(protocol), port: containerPort }],
    );
}

/** The controller, as a field; none for a static pod, which its node "owns". */
export function ownerField(references: readonly OwnerReference[] | undefined): {
  owner?: { kind: string; name: string; uid: string };
} {
  const owner = references?.find(({ controller }) => controller === true);
  if (owner === undefined || owner.kind === 'Node') return {};
  return { owner: { kind: owner.kind, name: owner.name, uid: owner.uid } };
}

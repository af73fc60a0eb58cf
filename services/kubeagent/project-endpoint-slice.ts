import type { KubernetesObject } from '../runtime/kubernetes/kubernetes-object.ts';
import { protocolNumber } from './protocol-number.ts';
import type { ServiceMember, Sighting, StoredObject } from './stored-object.ts';
import { isoTime } from './stored-object.ts';

const SERVICE_LABEL = 'kubernetes.io/service-name';

interface Endpoint {
  readonly targetRef?: { readonly kind?: string; readonly uid?: string };
}

interface EndpointPort {
  readonly name?: string;
  readonly protocol?: string;
  readonly port?: number;
}

/**
 * The pods of a slice, behind their service, with the ports that they listen on. Those that are not ready stand behind
 * it as well: what they send and are sent is the service's.
 */
export function projectEndpointSlice(slice: KubernetesObject, sighting: Sighting): StoredObject {
  const { metadata } = slice;
  const service = metadata.labels?.[SERVICE_LABEL];
  const namespace = metadata.namespace ?? '';
  const endpoints = (slice.endpoints ?? []) as readonly Endpoint[];
  const ports = ((slice.ports ?? []) as readonly EndpointPort[]).flatMap(({ name, protocol, port }) =>
    port === undefined ? [] : [{ name: name ?? '', protocol: protocolNumber(protocol), port }],
  );
  const members = new Map<string, ServiceMember>();
  for (const { targetRef } of service === undefined ? [] : endpoints) {
    if (targetRef?.kind !== 'Pod' || targetRef.uid === undefined) continue;
    members.set(targetRef.uid, { podUid: targetRef.uid, namespace, service: service ?? '', ports });
  }
  return {
    uid: metadata.uid,
    namespace,
    name: metadata.name,
    data: { ...(service && { service }), addressType: slice.addressType ?? 'IPv4' },
    since: metadata.creationTimestamp ?? isoTime(sighting.atMs),
    until: sighting.isGone ? isoTime(sighting.atMs) : null,
    addresses: null,
    members: [...members.values()],
  };
}

import { parseIp } from '../core/ip-address.ts';
import type { KubernetesObject } from '../runtime/kubernetes/kubernetes-object.ts';
import { claimFields, lifeTimes } from './claim-times.ts';
import { protocolNumber } from './protocol-number.ts';
import type { Sighting, StoredObject } from './stored-object.ts';
import { isoTime } from './stored-object.ts';

interface ServicePort {
  readonly name?: string;
  readonly protocol?: string;
  readonly port: number;
  readonly nodePort?: number;
}

/** A service as the state store has it, with all addresses under which it is called. */
export function projectService(service: KubernetesObject, sighting: Sighting, skewMs: number): StoredObject {
  const { metadata, spec = {} } = service;
  const addresses = serviceAddresses(service);
  const ports: readonly ServicePort[] = spec.ports ?? [];
  return {
    uid: metadata.uid,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    data: {
      labels: metadata.labels ?? {},
      type: spec.type ?? 'ClusterIP',
      addresses,
      ports: ports.map(({ name = '', protocol, port, nodePort }) => ({
        name,
        protocol: protocolNumber(protocol),
        port,
        ...(nodePort && { nodePort }),
      })),
      hasSelector: Object.keys(spec.selector ?? {}).length > 0,
    },
    since: metadata.creationTimestamp ?? isoTime(sighting.atMs),
    until: sighting.isGone ? isoTime(sighting.atMs) : null,
    addresses,
    ...claimFields(lifeTimes(service, sighting), sighting, skewMs),
  };
}

/** Cluster, external and load-balancer addresses. A headless service says `None`, an ExternalName has a name. */
function serviceAddresses({ spec = {}, status }: KubernetesObject): string[] {
  const ingress: readonly { ip?: string }[] = status?.loadBalancer?.ingress ?? [];
  const listed: readonly unknown[] = [
    spec.clusterIP,
    ...(spec.clusterIPs ?? []),
    ...(spec.externalIPs ?? []),
    ...ingress.map(({ ip }) => ip),
  ];
  const texts = listed.filter((ip): ip is string => typeof ip === 'string' && parseIp(ip) !== undefined);
  return [...new Set(texts)];
}

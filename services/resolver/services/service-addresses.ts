import { formatIp, parseIp } from '../../core/ip-address.ts';
import type { TranslatedService } from '../../core/nat-translation.ts';
import { SCTP, TCP, UDP } from '../../core/protocol.ts';
import type { KubernetesObject } from '../../runtime/kubernetes/kubernetes-object.ts';

/** An address and port at which a service is called, as a key; see `addressKey` and `nodePortKey`. */
export interface ServiceAddress {
  readonly key: string;
  readonly service: TranslatedService;
}

const PROTOCOLS: Readonly<Record<string, number>> = { TCP, UDP, SCTP };

/** An IP address in its canonical text, and a port. */
export function addressKey(protocol: number, ip: string, port: number): string {
  return `${protocol} ${port} ${ip}`;
}

/** A port of the nodes. */
export function nodePortKey(protocol: number, port: number): string {
  return `${protocol} ${port}`;
}

/**
 * Where a Service (core/v1) is called: its ports at its ClusterIPs, externalIPs and load-balancer IPs, and its node
 * ports. What is not as the schema has it is left out.
 */
export function serviceAddresses({ metadata, spec, status }: KubernetesObject): readonly ServiceAddress[] {
  const ips = [
    ...texts(spec?.clusterIPs),
    ...texts([spec?.clusterIP]),
    ...texts(spec?.externalIPs),
    ...list(status?.loadBalancer?.ingress).flatMap((ingress) =>
      texts([(ingress as { ip?: unknown } | null)?.ip]),
    ),
  ];
  const canonical = [...new Set(ips.flatMap((ip) => canonicalIp(ip) ?? []))];
  return list(spec?.ports).flatMap((entry) => {
    const { port, nodePort, protocol: name = 'TCP' } = (entry ?? {}) as Readonly<Record<string, unknown>>;
    const protocol = PROTOCOLS[String(name)];
    if (protocol === undefined || typeof port !== 'number') return [];
    const service = { namespace: metadata.namespace ?? '', name: metadata.name, port };
    const keys = canonical.map((ip) => addressKey(protocol, ip, port));
    if (typeof nodePort === 'number' && nodePort > 0) keys.push(nodePortKey(protocol, nodePort));
    return keys.map((key) => ({ key, service }));
  });
}

/** `None` of a headless service is no address. */
function canonicalIp(text: string): string | undefined {
  const bytes = parseIp(text);
  return bytes && formatIp(bytes);
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function texts(value: unknown): readonly string[] {
  return list(value).filter((item) => typeof item === 'string');
}

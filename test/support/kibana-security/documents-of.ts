import { createHash } from 'node:crypto';
import type { TrueEnd, TrueFlow, TruePlace, TruePod } from './true-flow.ts';

export interface GeneratedDocument {
  readonly stream: string;
  readonly id: string;
  readonly body: string;
}

const IANA_NUMBERS: Readonly<Record<string, string>> = { tcp: '6', udp: '17', icmp: '1' };

/** Documents of flows, in the form that enrichment writes (test/golden/documents). */
export function documentsOf(
  flows: readonly TrueFlow[],
  kind: 'record' | 'peer',
  namespace: string,
): GeneratedDocument[] {
  const stream = kind === 'record' ? `logs-flowtap.flow-${namespace}` : `flowtap-peer-${namespace}`;
  return flows.map((flow, index) => ({
    stream,
    id: createHash('sha1').update(`${kind} ${index} ${flow.communityId} ${flow.at}`).digest('base64url'),
    body: JSON.stringify(bodyOf(flow, kind, namespace, index)),
  }));
}

function bodyOf(flow: TrueFlow, kind: 'record' | 'peer', namespace: string, index: number): object {
  const { at, communityId, transport, host, source, destination } = flow;
  const start = new Date(Date.parse(at) - 10_000).toISOString();
  return {
    '@timestamp': at,
    type: 'flow',
    ecs: { version: '9.3.0' },
    agent: { type: 'flowtap', version: '1.2.3' },
    ...(kind === 'record' && { data_stream: { type: 'logs', dataset: 'flowtap.flow', namespace } }),
    event: {
      ...{ kind: 'event', category: ['network'], type: ['connection', 'info'], action: 'network_flow' },
      ...{ dataset: 'flowtap.flow', module: 'flowtap', provider: 'flowtap' },
      ...{
        start,
        end: at,
        duration: 10_000_000_000,
        created: at,
        ingested: at,
        id: `${communityId}/${at}/${index}`,
      },
    },
    flow: { id: communityId, final: false },
    host: { name: host, os: { name: 'Linux' } },
    observer: { type: 'sensor', vendor: 'flowtap', name: host, hostname: host, version: '1.2.3' },
    orchestrator: { type: 'kubernetes', cluster: { name: 'demo' } },
    network: {
      ...{ transport, iana_number: IANA_NUMBERS[transport], community_id: communityId },
      type: source.ip.includes(':') ? 'ipv6' : 'ipv4',
      direction: kind === 'record' ? 'egress' : 'ingress',
      bytes: source.bytes + destination.bytes,
      packets: source.packets + destination.packets,
    },
    source: endFields(source),
    destination: endFields(destination),
    related: { ip: [source.ip, destination.ip], hosts: [host] },
    flowtap: { initiator: { evidence: 'syn' }, window: { start, end: at } },
    message: `${source.ip} to ${destination.ip}`,
  };
}

function endFields({ ip, port, bytes, packets, domain, place, pods, service }: TrueEnd): object {
  const kubernetes = {
    namespace: pods[0]?.namespace,
    app: pods[0]?.labels.app,
    ...(pods.length > 0 && { pod: podFields(pods[0]), pods: pods.map(podFields), pod_count: pods.length }),
    ...(service && { service, services: [service] }),
  };
  return { ip, port, bytes, packets, domain, ...placeFields(place), ...(pods.length > 0 && { kubernetes }) };
}

function podFields({ name, namespace, labels }: TruePod): object {
  return { name, namespace, uid: `uid-${name}`, labels };
}

function placeFields(place: TruePlace | undefined): object {
  if (place === undefined) return {};
  const { lat, lon, country, asn } = place;
  return {
    geo: { country_iso_code: country, location: { lat, lon } },
    ...(asn && { as: { number: asn.number, organization: { name: asn.name } } }),
  };
}

import { communityId } from '../services/core/community-id.ts';
import { EcsEventWriter } from '../services/core/ecs-event.ts';
import type { FlowSide } from '../services/core/flow-record.ts';
import { formatIpv4, parseIp } from '../services/core/ip-address.ts';
import type { AddressIdentity, PodService } from '../services/core/kubernetes-identity.ts';
import { LineWriter } from '../services/core/line-writer.ts';
import type { NatTranslation } from '../services/core/nat-translation.ts';
import type { NameSource } from '../services/enrichment/identify/name-source.ts';
import type { TranslationStore } from '../services/enrichment/translate/translation-store.ts';
import { Random } from './random.ts';

/** Flows of a large cluster, as probes send them, and stores that know everything about them. */
export interface EnrichmentLoad {
  /** A line of JSON each. */
  readonly lines: readonly string[];
  readonly names: NameSource;
  readonly translations: TranslationStore;
}

const PODS_PER_SERVICE = 30;
/** Of a hundred flows. */
const TRANSLATED = 40;
const EXTERNAL = 10;
const POD_NETWORK = 10 << 24;
const SERVICE_NETWORK = (172 << 24) | (16 << 16);
const WINDOW_MS = 10_000;

/** @param endMs end of the window that they report, far enough in the past for its names to be settled */
export function enrichmentLoad(pods: number, flows: number, endMs: number): EnrichmentLoad {
  const random = new Random(1);
  const translations = new Map<string, NatTranslation>();
  const writer = new EcsEventWriter({
    hostName: 'node-a',
    agentVersion: '1.0.0',
    dataStreamNamespace: 'default',
    segmentOffload: 'vnet_hdr',
  });
  const line = new LineWriter(writer.eventBytes);
  const window = { startMs: endMs - WINDOW_MS, endMs };
  const start = { seconds: Math.floor(window.startMs / 1000), nanoseconds: 123_456_789 };
  const end = { seconds: Math.floor(endMs / 1000) - 1, nanoseconds: 987_654_321 };
  const lines = Array.from({ length: flows }, () => {
    const client = podAddress(random.below(pods));
    const server = random.below(pods);
    const kind = random.below(100);
    const port = 32_768 + random.below(28_000);
    const service = Math.floor(server / PODS_PER_SERVICE);
    const isTranslated = kind < TRANSLATED;
    const called = isTranslated ? serviceAddress(service) : podAddress(server);
    const peer = kind >= 100 - EXTERNAL ? formatIpv4((203 << 24) | random.below(5000)) : called;
    const servedPort = isTranslated ? 80 : 8080;
    const id = idOf(client, port, peer, servedPort);
    if (isTranslated) {
      const real = podAddress(server);
      translations.set(id, {
        communityId: idOf(client, port, real, 8080),
        observed: { source: { ip: client, port }, destination: { ip: peer, port: servedPort } },
        source: { ip: client, port },
        destination: { ip: real, port: 8080 },
        service: { namespace: namespaceOf(service), name: `service-${service}`, port: 80 },
        evidence: 'conntrack',
        atMs: window.startMs,
      });
    }
    line.position = 0;
    writer.write(
      line,
      {
        ...{ communityId: id, ipVersion: 4, protocol: 6, icmp: undefined, endReason: undefined },
        ...{ direction: 'egress', evidence: 'syn', flowStart: start, start, end },
        source: side(client, port, random.below(100)),
        destination: side(peer, servedPort, random.below(1000)),
      },
      window,
    );
    return Buffer.from(line.bytes.subarray(0, line.position - 1)).toString('latin1');
  });
  return { lines, names: new KnownCluster(pods), translations: new KnownTranslations(translations) };
}

function side(address: string, port: number, packets: number): FlowSide {
  return {
    ...{ address, port, packets: packets + 1, bytes: packets * 900 },
    tcp: {
      ...{ flags: 0x1a, resets: 0, zeroWindows: 0, syns: 1, unansweredSyns: 0 },
      handshakeNanoseconds: 210_000,
      roundTrips: {
        count: 3,
        sumNanoseconds: 900_000,
        minNanoseconds: 200_000,
        maxNanoseconds: 400_000,
      },
      sequence: {
        ...{ initial: 1_000_000, highest: 1_000_000 + packets * 800, payloadBytes: packets * 800 },
        ...{ repeatedBytes: 0, missingBytes: 0, skippedBytes: 0, reorderedGaps: 0 },
      },
    },
  };
}

const podAddress = (pod: number): string => formatIpv4(POD_NETWORK | pod);
const serviceAddress = (service: number): string => formatIpv4(SERVICE_NETWORK | service);
const namespaceOf = (service: number): string => `team-${service % 97}`;

function idOf(source: string, sourcePort: number, destination: string, destinationPort: number): string {
  const [sourceAddress, destinationAddress] = [parseIp(source)!, parseIp(destination)!];
  return communityId({ protocol: 6, sourceAddress, destinationAddress, sourcePort, destinationPort });
}

/** Pods with six labels, thirty behind each service. */
class KnownCluster implements NameSource {
  readonly #pods: number;

  constructor(pods: number) {
    this.#pods = pods;
  }

  identify(queries: readonly { readonly ip: string }[]) {
    return Promise.resolve(
      queries.map(({ ip }) => {
        const [a, b, c, d] = ip.split('.').map(Number);
        const pod = (b << 16) | (c << 8) | d;
        if (a !== POD_NETWORK >>> 24 || pod >= this.#pods) return undefined;
        return { identity: podNumber(pod), validFromMs: 0, validToMs: undefined };
      }),
    );
  }
}

function podNumber(pod: number): AddressIdentity {
  const service = Math.floor(pod / PODS_PER_SERVICE);
  const app = `service-${service}`;
  const labels = {
    app,
    'app.kubernetes.io/name': app,
    'app.kubernetes.io/instance': `${app}-prod`,
    'app.kubernetes.io/version': '1.20.3',
    'pod-template-hash': '6d5f7c9b4d',
    team: namespaceOf(service),
  };
  const behind: PodService = {
    ...{ namespace: namespaceOf(service), name: app, labels: { app }, addresses: [serviceAddress(service)] },
    ports: [{ name: 'http', protocol: 6, port: 80, targetPort: 8080 }],
  };
  const name = `${app}-6d5f7c9b4d-${pod}`;
  return {
    kind: 'pod',
    pods: [
      {
        ...{ uid: `3f0c7b1e-0000-4000-8000-${pod}`, namespace: namespaceOf(service), name, labels },
        ...{ node: `node-${pod % 1500}`, hostNetwork: false, monitored: pod % 2 === 0 },
        workload: { kind: 'Deployment', name: app },
        services: [behind],
      },
    ],
    services: [],
    node: undefined,
  };
}

class KnownTranslations implements TranslationStore {
  readonly #entries: ReadonlyMap<string, NatTranslation>;

  constructor(entries: ReadonlyMap<string, NatTranslation>) {
    this.#entries = entries;
  }

  getMany(ids: readonly string[]): Promise<readonly (NatTranslation | undefined)[]> {
    return Promise.resolve(ids.map((id) => this.#entries.get(id)));
  }

  add(): Promise<void> {
    return Promise.resolve();
  }
}

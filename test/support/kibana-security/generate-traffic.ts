import { createHash } from 'node:crypto';
import { Xorshift } from '../../fuzz/xorshift.ts';
import type { TrueEnd, TrueFlow, TruePlace, TruePod, Truth } from './true-flow.ts';

const WINDOW_MS = 10_000;
const SITE: TruePlace = { lat: 50.11, lon: 8.68 };
const NODES = ['node-a', 'node-b', 'node-c'] as const;

/** Who takes part: an address, what it is called, and where it listens. */
interface Party {
  readonly ip: string;
  readonly node?: string;
  readonly port?: number;
  readonly domain?: string | undefined;
  readonly place?: TruePlace;
  readonly pods: readonly TruePod[];
  readonly service?: { readonly name: string; readonly namespace: string };
}

function pod(name: string, namespace: string, labels: Readonly<Record<string, string>>): TruePod {
  return { name, namespace, labels };
}

/** Some have a label `app` beside one that begins with `app.`, and two share words in other namespaces. */
const CLIENTS: readonly Party[] = Array.from({ length: 6 }, (_, index) => ({
  ip: `10.42.1.${index + 10}`,
  node: NODES[index % NODES.length],
  domain: `web-${index}`,
  place: SITE,
  pods: [
    pod(`web-${index}`, index < 3 ? 'shop' : 'shop-staging', {
      app: index % 2 === 0 ? 'web' : 'web-admin',
      'app.kubernetes.io/name': index % 2 === 0 ? 'web' : 'admin',
      'app.kubernetes.io/version': `1.${index}`,
      'example.com/cost.centre': 'c-7',
    }),
  ],
}));

const CART = { name: 'cart', namespace: 'shop' };
const STOCK = { name: 'stock', namespace: 'depot' };

const BACKENDS: readonly Party[] = [
  ...[0, 1].map((index) => ({
    ip: `10.42.2.${index + 20}`,
    node: NODES[index],
    port: 8080,
    domain: 'cart.shop.svc.cluster.local',
    place: SITE,
    service: CART,
    pods: [
      pod(`cart-${index}`, 'shop', {
        app: 'cart',
        'app.kubernetes.io/name': 'web',
        canary: String(index === 1),
      }),
    ],
  })),
  ...[0, 1, 2].map((index) => ({
    ip: `fd00:42::3:${index + 1}`,
    node: NODES[index],
    port: 5432,
    domain: 'stock.depot.svc.cluster.local',
    place: SITE,
    service: STOCK,
    pods: [pod(`stock-${index}`, 'depot', { app: 'stock', 'app.kubernetes.io/name': 'stock' })],
  })),
  {
    // A node's address is that of all its pods with host network.
    ip: '192.168.10.5',
    port: 9100,
    domain: 'node-c',
    place: SITE,
    pods: [
      pod('exporter-c', 'monitoring', { app: 'exporter', 'app.kubernetes.io/name': 'exporter' }),
      pod('proxy-c', 'shop', { app: 'proxy', 'app.kubernetes.io/name': 'proxy' }),
    ],
  },
];

const OUTSIDE: readonly Party[] = [
  {
    ip: '198.51.100.7',
    place: { lat: 47.37, lon: 8.54, country: 'CH', asn: { number: 64500, name: 'Example Net' } },
  },
  {
    ip: '203.0.113.9',
    place: { lat: 40.71, lon: -74, country: 'US', asn: { number: 64501, name: 'Other Net' } },
  },
  { ip: '2001:db8::9', place: { lat: 35.68, lon: 139.69, country: 'JP' } },
  { ip: '198.51.100.99' },
].map((party) => ({ ...party, port: 443, pods: [] }));

/**
 * Traffic of some windows: clients to the backends of two services and to a node, to and from the world, and pings. Each
 * conversation inside was seen at both ends.
 *
 * @param startMs a multiple of ten seconds
 */
export function generateTraffic(seed: number, startMs: number, windows: number): Truth {
  const random = new Xorshift(seed);
  const records: TrueFlow[] = [];
  const peers: TrueFlow[] = [];
  for (let window = 1; window <= windows; window++) {
    const at = new Date(startMs + window * WINDOW_MS).toISOString();
    for (const client of CLIENTS) {
      for (const backend of BACKENDS) {
        if (random.below(3) === 0) continue;
        const flow = conversation(random, at, client, backend, 'tcp');
        records.push(flow);
        if (backend.service !== undefined) peers.push(asSeenAt(flow, backend.node!));
      }
      const far = OUTSIDE[random.below(OUTSIDE.length)];
      records.push(conversation(random, at, client, far, 'tcp'));
    }
    const backend = BACKENDS[random.below(2)];
    const ping = conversation(
      random,
      at,
      CLIENTS[random.below(CLIENTS.length)],
      { ...backend, port: undefined },
      'icmp',
    );
    records.push(ping);
    peers.push(asSeenAt(ping, backend.node!));
    const caller = { ...OUTSIDE[random.below(3)], port: undefined };
    records.push({ ...conversation(random, at, caller, backend, 'udp'), host: backend.node! });
  }
  const to = new Date(startMs + windows * WINDOW_MS).toISOString();
  return { from: new Date(startMs + 1).toISOString(), to, records, peers };
}

type Unnumbered = Omit<Party, 'port'> & { readonly port?: number | undefined };

function conversation(
  random: Xorshift,
  at: string,
  from: Unnumbered,
  to: Unnumbered,
  transport: string,
): TrueFlow {
  const clientPort = transport === 'icmp' ? undefined : 40_000 + random.below(20);
  const source = endOf(from, clientPort, 60 + random.below(2000), 1 + random.below(20));
  const destination = endOf(
    to,
    to.port,
    random.below(4) === 0 ? 0 : random.below(50_000),
    1 + random.below(40),
  );
  const tuple = [transport, from.ip, clientPort, to.ip, to.port].join(' ');
  const communityId = `1:${createHash('sha1').update(tuple).digest('base64')}`;
  return { at, communityId, transport, host: from.node ?? NODES[0], source, destination };
}

function endOf(party: Unnumbered, port: number | undefined, bytes: number, packets: number): TrueEnd {
  const { ip, domain, place, pods, service } = party;
  return { ip, port, bytes, packets, domain, place, pods, service };
}

/** A little was lost on the way. */
function asSeenAt(flow: TrueFlow, host: string): TrueFlow {
  const { source } = flow;
  return { ...flow, host, source: { ...source, bytes: source.bytes - 40 } };
}

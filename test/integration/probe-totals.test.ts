import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { TemporaryFolder } from '../fixtures/temporary-folder.ts';
import type { FlowEvent } from '../support/flow-event.ts';
import { eventsByFlow, packetsByWindow } from '../support/flow-event.ts';
import type { Conversation } from './conversations.ts';
import { startClient, startServer } from './conversations.ts';
import type { LinkTotals } from './link-totals.ts';
import { linkTotals, recordedTotals } from './link-totals.ts';
import { missingCommand } from './missing-command.ts';
import { namespacesUnavailable, TestNetwork } from './namespaces.ts';
import type { ProbeResult } from './running-probe.ts';
import { startProbe } from './running-probe.ts';

const unavailable = namespacesUnavailable() ?? missingCommand('ethtool', 'ip6tables');

const WINDOW_MS = 1000;
const CLIENT_ADDRESSES = ['10.0.0.1', 'fd00::1'];
const SERVER_ADDRESSES = ['10.0.0.2', 'fd00::2'];

/** Of UDP: served on a port above the client's, so that the lower port is not the server's. */
const HIGH_PORT = 61_000;
const LOW_PORT = 2000;

/** Each conversation, and its flow as the two probes have to tell it. */
const CONVERSATIONS = [
  {
    name: 'TCP, closed by both ends',
    hold: (address) => ({ kind: 'tcp', address, port: 4000, bytes: 100_000 }),
    flow: { transport: 'tcp', port: 4000 },
    evidence: ['syn', 'syn'],
    endReason: 'fin',
  },
  {
    name: 'TCP to a closed port',
    hold: (address) => ({ kind: 'tcp-refused', address, port: 4001 }),
    flow: { transport: 'tcp', port: 4001 },
    evidence: ['syn', 'syn'],
    endReason: 'rst',
  },
  {
    name: 'TCP, left open',
    hold: (address) => ({ kind: 'tcp', address, port: 4002, bytes: 1000, staysOpen: true }),
    flow: { transport: 'tcp', port: 4002 },
    evidence: ['syn', 'syn'],
    endReason: 'shutdown',
  },
  {
    name: 'UDP to a port that is known',
    hold: (address) => ({ kind: 'udp', address, port: HIGH_PORT, localPort: LOW_PORT, bytes: 100 }),
    flow: { transport: 'udp', port: HIGH_PORT },
    evidence: ['known_port', 'known_port'],
    endReason: 'idle',
  },
  {
    name: 'DNS, which only the server knows to be served',
    hold: (address) => ({ kind: 'dns', address, name: 'pod.example' }),
    flow: { transport: 'udp', port: 53 },
    evidence: ['lower_port', 'known_port'],
    endReason: 'idle',
  },
  {
    name: 'ICMP echo',
    hold: (address) => ({ kind: 'echo', address, bytes: 56 }),
    flow: { icmpTypes: [8, 128] },
    evidence: ['icmp_type', 'icmp_type'],
    endReason: 'idle',
  },
] as const satisfies readonly {
  readonly name: string;
  readonly hold: (address: string) => Conversation;
  readonly flow:
    | { readonly transport: string; readonly port: number }
    | { readonly icmpTypes: readonly number[] };
  /** At the client's probe, and at the server's. */
  readonly evidence: readonly [string, string];
  readonly endReason: string;
}[];

interface Observation extends ProbeResult {
  /** What the kernel counted at the interface meanwhile. */
  readonly counted: LinkTotals;
}

describe('two probes on a link without offloads', () => {
  let client: Observation;
  let server: Observation;
  let startMs: number;
  let endMs: number;
  let folder: TemporaryFolder;

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    folder = new TemporaryFolder();
    using network = new TestNetwork();
    const [clientHost, serverHost] = [network.addNamespace('client'), network.addNamespace('server')];
    // The ends have to find each other: ARP is in no flow, neighbour discovery is.
    network.link(
      { namespace: clientHost, interfaceName: 'eth0', addresses: CLIENT_ADDRESSES.map(withPrefix) },
      { namespace: serverHost, interfaceName: 'eth0', addresses: SERVER_ADDRESSES.map(withPrefix) },
      { offloads: false },
    );
    await startServer(serverHost, { addresses: SERVER_ADDRESSES, tcp: [4000, 4002], udp: HIGH_PORT });
    const talker = await startClient(clientHost);
    const idle = ['--idle-timeout', '1s'];
    const [clientProbe, serverProbe] = await Promise.all([
      startProbe(clientHost, folder.newPath(), [...idle, '--known-ports', `${HIGH_PORT}/udp`]),
      startProbe(serverHost, folder.newPath(), idle),
    ]);
    const [clientBefore, serverBefore] = [linkTotals(clientHost), linkTotals(serverHost)];
    await beginningOfWindow();
    startMs = Date.now();
    for (const address of SERVER_ADDRESSES) {
      for (const { hold } of CONVERSATIONS) await talker.hold(hold(address));
    }
    for (const probe of [clientProbe, serverProbe]) await probe.eventsToBe(everyDatagramIsIdle);
    clientHost.ip('link', 'set', 'eth0', 'down');
    endMs = Date.now();
    client = { ...(await clientProbe.stop()), counted: linkTotals(clientHost, clientBefore) };
    server = { ...(await serverProbe.stop()), counted: linkTotals(serverHost, serverBefore) };
  });

  afterAll(() => folder?.remove());

  beforeEach((ctx) => {
    if (unavailable !== undefined) ctx.skip(unavailable);
  });

  test('count what the kernel counts, to the byte', () => {
    expect(client.summary.get('frames in no flow')).toBeGreaterThan(0);
    expect(recordedTotals(client)).toEqual(client.counted);
    expect(recordedTotals(server)).toEqual(server.counted);
  });

  describe.each([4, 6])('tell IPv%i', (version) => {
    test.each(CONVERSATIONS)('$name', ({ flow, evidence, endReason }) => {
      const ends = [client, server].map(({ events }) => lastEvent(events, version, flow));
      const [source, destination] = version === 4 ? ['10.0.0.1', '10.0.0.2'] : ['fd00::1', 'fd00::2'];
      expect(ends).toMatchObject(
        ['egress', 'ingress'].map((direction, end) => ({
          network: { direction, community_id: ends[0].network.community_id },
          source: { ip: source },
          destination: { ip: destination },
          flow: { final: true },
          flowtap: { initiator: { evidence: evidence[end] }, end_reason: endReason },
        })),
      );
    });
  });

  test('give the same flows in the same windows', () => {
    expect(packetsByWindow(server.events)).toEqual(packetsByWindow(client.events));
  });

  test("give records of one window of the wall clock, with the packets' own times", () => {
    for (const { event, flowtap, network } of [...client.events, ...server.events]) {
      const windowMs = Date.parse(flowtap.window!.start);
      expect(windowMs % WINDOW_MS).toBe(0);
      expect(Date.parse(flowtap.window!.end)).toBe(windowMs + WINDOW_MS);
      expect(event.start <= event.end).toBe(true);
      expect(Date.parse(event.start)).toBeGreaterThanOrEqual(startMs);
      expect(Date.parse(event.end)).toBeLessThanOrEqual(endMs);
      // The record that only ends a flow has the time of its last packet.
      if (network.packets === 0) continue;
      expect(Date.parse(event.start)).toBeGreaterThanOrEqual(windowMs);
      expect(Date.parse(event.end)).toBeLessThan(windowMs + WINDOW_MS);
    }
  });
});

function withPrefix(address: string): string {
  return address + (address.includes(':') ? '/64' : '/24');
}

/** So that what takes some milliseconds does not reach the end of its window. */
async function beginningOfWindow(): Promise<void> {
  await vi.waitFor(() => expect(Date.now() % WINDOW_MS).toBeLessThan(WINDOW_MS / 4), { interval: 5 });
}

/** Both IP versions' UDP, DNS and echo have ended. */
function everyDatagramIsIdle(events: readonly FlowEvent[]): void {
  const idle = events.filter(({ flowtap }) => flowtap.end_reason === 'idle');
  const isEcho = ({ flowtap }: FlowEvent): boolean => [8, 128].includes(flowtap.icmp?.type ?? 0);
  expect(idle.filter((event) => event.network.transport === 'udp' || isEcho(event)).length).toBe(6);
}

type FlowOf = (typeof CONVERSATIONS)[number]['flow'];

/** The only flow of this kind; its last record. */
function lastEvent(events: readonly FlowEvent[], version: number, flow: FlowOf): FlowEvent {
  const found = events.filter(({ network, source, destination, flowtap }) => {
    if (network.type !== `ipv${version}`) return false;
    if ('icmpTypes' in flow) return flow.icmpTypes.some((type) => type === flowtap.icmp?.type);
    return network.transport === flow.transport && [source.port, destination.port].includes(flow.port);
  });
  expect(eventsByFlow(found).size).toBe(1);
  return found.at(-1)!;
}

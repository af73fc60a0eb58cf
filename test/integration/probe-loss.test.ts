import { beforeEach, describe, expect, test } from 'vitest';

import { TemporaryFolder } from '../fixtures/temporary-folder.ts';
import type { EventTcpSide, FlowEvent } from '../support/flow-event.ts';
import { missingCommand } from './missing-command.ts';
import type { Namespace } from './namespaces.ts';
import { namespacesUnavailable, TestNetwork } from './namespaces.ts';
import type { HostOffloads, RoutedHosts } from './routed-hosts.ts';
import { addRoutedHosts, droppedFrames, HOST_ADDRESSES, PEER_ADDRESSES } from './routed-hosts.ts';
import { startProbe } from './running-probe.ts';
import { transferTcp } from './traffic.ts';

const unavailable = namespacesUnavailable() ?? missingCommand('ethtool', 'iptables', 'ip6tables');

/** TCP header with timestamps (RFC 7323), which a sender that receives no data has on each segment of data. */
const TCP_HEADER_BYTES = 32;
/** Only segments of data are longer. */
const LONGER_THAN_ACKS_BYTES = 200;

/** One connection each, which carries data one way. */
const TRANSFERS = [
  { from: 'host', to: 'peer', ipVersion: 4, port: 4000 },
  { from: 'peer', to: 'host', ipVersion: 4, port: 4001 },
  { from: 'host', to: 'peer', ipVersion: 6, port: 4002 },
  { from: 'peer', to: 'host', ipVersion: 6, port: 4003 },
] as const;

type Transfer = (typeof TRANSFERS)[number];

interface Case {
  readonly name: string;
  readonly offloads: HostOffloads;
  /** One of so many segments is dropped; merged ones are few. */
  readonly every: number;
  /** Of each transfer. */
  readonly bytes: number;
  readonly leastForgottenGaps: number;
}

/**
 * A merged frame has one set of headers and passes a rule as one packet, so in every case
 *
 *     dropped payload = bytes of the rule - packets of the rule * headers
 */
const CASES: readonly Case[] = [
  {
    name: 'without offloads',
    offloads: { host: false, router: false, peer: false },
    every: 50,
    bytes: 3_000_000,
    leastForgottenGaps: 0,
  },
  {
    name: 'with offloads at the hosts',
    offloads: { host: true, router: false, peer: true },
    every: 20,
    bytes: 3_000_000,
    leastForgottenGaps: 0,
  },
  {
    name: 'with offloads everywhere',
    offloads: { host: true, router: true, peer: true },
    every: 20,
    bytes: 3_000_000,
    leastForgottenGaps: 0,
  },
  // Every other segment of the first ten: more gaps than a direction remembers.
  {
    name: 'with forgotten gaps',
    offloads: { host: false, router: false, peer: false },
    every: 2,
    bytes: 30_000,
    leastForgottenGaps: 1,
  },
];

const CASE_TIMEOUT_MS = 20_000;

beforeEach((ctx) => {
  if (unavailable !== undefined) ctx.skip(unavailable);
});

describe('the records of two probes tell the payload lost between them, to the byte', () => {
  test.for(CASES)(
    '$name',
    { timeout: CASE_TIMEOUT_MS },
    async ({ offloads, every, bytes, leastForgottenGaps }, ctx) => {
      using network = new TestNetwork();
      const folder = new TemporaryFolder();
      const hosts = addRoutedHosts(network, offloads);
      try {
        for (const interfaceName of ['host', 'peer']) dropData(hosts.router, interfaceName, every);
      } catch (error) {
        ctx.skip(`packets cannot be dropped by their count: ${error}`);
      }
      const probes = {
        host: await startProbe(hosts.host, folder.newPath()),
        peer: await startProbe(hosts.peer, folder.newPath()),
      };
      await Promise.all(TRANSFERS.map((transfer) => runTransfer(hosts, transfer, bytes)));
      const results = { host: await probes.host.stop(), peer: await probes.peer.stop() };
      folder.remove();

      for (const { summary } of Object.values(results)) {
        expect(summary.get('packets dropped by the kernel')).toBe(0);
        expect(summary.get('TCP gaps not remembered')).toBeGreaterThanOrEqual(leastForgottenGaps);
      }
      // What else was lost would be in the records, but not in the rules.
      expect(droppedFrames(hosts)).toBe(0);
      for (const transfer of TRANSFERS) {
        const { from, to, ipVersion } = transfer;
        const sender = sequenceSum(results[from].events, transfer);
        const receiver = sequenceSum(results[to].events, transfer);
        const dropped = droppedPayload(hosts.router, to, ipVersion);
        expect(dropped).toBeGreaterThan(0);
        expect({ ...transfer, lost: sender.repeated - receiver.repeated + receiver.missing }).toEqual({
          ...transfer,
          lost: dropped,
        });
        expect(sender.highest).toBe(receiver.highest);
        for (const { stream, missing, repeated, payload } of [sender, receiver]) {
          expect(stream).toBe(bytes);
          expect(payload).toBe(stream - missing + repeated);
        }
      }
    },
  );
});

/** Drops some of the data that leaves by an interface, and nothing else. */
function dropData(router: Namespace, interfaceName: string, every: number): void {
  const data = ['-p', 'tcp', '-m', 'length', '--length', `${LONGER_THAN_ACKS_BYTES}:65535`];
  const statistic = ['-m', 'statistic', '--mode', 'nth', '--every', String(every), '--packet', '1'];
  router.addRule('filter', 'FORWARD', '-o', interfaceName, ...data, ...statistic, '-j', 'DROP');
}

/** By the counters of the rule for what leaves to `interfaceName`. */
function droppedPayload(router: Namespace, interfaceName: string, ipVersion: 4 | 6): number {
  const [command, ipHeaderBytes] = ipVersion === 4 ? ['iptables', 20] : ['ip6tables', 40];
  const rules = router.run(command, '-w', '-nvxL', 'FORWARD').split('\n');
  // Packets, bytes, target, and among what follows the interface.
  const [packets, bytes] = rules
    .map((rule) => rule.trim().split(/\s+/))
    .find((fields) => fields[2] === 'DROP' && fields.includes(interfaceName))!
    .map(Number);
  return bytes - packets * (ipHeaderBytes + TCP_HEADER_BYTES);
}

async function runTransfer(hosts: RoutedHosts, transfer: Transfer, bytes: number): Promise<void> {
  const { from, to, ipVersion, port } = transfer;
  const addresses = to === 'peer' ? PEER_ADDRESSES : HOST_ADDRESSES;
  const address = addresses[ipVersion === 4 ? 0 : 1];
  await transferTcp({ from: hosts[from], to: hosts[to], address, port, bytes });
}

interface SequenceSum {
  readonly payload: number;
  readonly repeated: number;
  /** As it stands at the end. */
  readonly missing: number;
  readonly highest: number;
  readonly stream: number;
}

/** The sequence state of the data of one transfer, over all windows. */
function sequenceSum(events: readonly FlowEvent[], { port }: Transfer): SequenceSum {
  const sides: readonly EventTcpSide[] = events
    .filter(({ destination }) => destination.port === port)
    .map(({ flowtap }) => flowtap.tcp!.source);
  const sequences = sides.flatMap(({ sequence }) => sequence ?? []);
  const last = sequences.at(-1)!;
  return {
    payload: sequences.reduce((sum, { payload_bytes }) => sum + payload_bytes, 0),
    repeated: sequences.reduce((sum, { repeated_bytes = 0 }) => sum + repeated_bytes, 0),
    missing: last.missing_bytes ?? 0,
    highest: last.highest,
    stream: last.highest - last.initial,
  };
}

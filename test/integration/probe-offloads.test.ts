import { beforeEach, expect, test } from 'vitest';

import { TemporaryFolder } from '../fixtures/temporary-folder.ts';
import type { FlowEvent } from '../support/flow-event.ts';
import { startClient, startServer } from './conversations.ts';
import { linkTotals, recordedTotals } from './link-totals.ts';
import { missingCommand } from './missing-command.ts';
import { namespacesUnavailable, TestNetwork } from './namespaces.ts';
import { addRoutedHosts, droppedFrames, PEER_ADDRESSES } from './routed-hosts.ts';
import { startProbe } from './running-probe.ts';
import { sendUdp } from './traffic.ts';

const unavailable = namespacesUnavailable() ?? missingCommand('ethtool', 'ip6tables');

beforeEach((ctx) => {
  if (unavailable !== undefined) ctx.skip(unavailable);
});

test('a probe that sees merged frames counts the packets and bytes of the wire', async () => {
  using network = new TestNetwork();
  const folder = new TemporaryFolder();
  // The router cuts what the host has merged, so the peer's link carries the packets of the wire.
  const hosts = addRoutedHosts(network, { host: true, router: false, peer: false });
  const { host, peer } = hosts;
  await startServer(peer, { addresses: PEER_ADDRESSES, tcp: [4000], udp: 61_000 });
  const client = await startClient(host);
  const [hostProbe, peerProbe] = await Promise.all([
    startProbe(host, folder.newPath()),
    startProbe(peer, folder.newPath()),
  ]);
  const before = linkTotals(peer);
  for (const address of PEER_ADDRESSES) {
    await client.hold({ kind: 'tcp', address, port: 4000, bytes: 4_000_000 });
    await sendUdp(host, { address, port: 4001, count: 20, payloadBytes: 30_500, segmentBytes: 1000 });
  }
  const [atHost, atPeer] = [await hostProbe.stop(), await peerProbe.stop()];
  folder.remove();

  expect(droppedFrames(hosts)).toBe(0);
  expect(recordedTotals(atPeer)).toEqual(linkTotals(peer, before));
  expect(sumsOfFlows(atHost.events)).toEqual(sumsOfFlows(atPeer.events));
  const [frames, packets] = [atHost.summary.get('frames'), atHost.summary.get('IP packets in flows')];
  expect(Number(frames)).toBeLessThan(Number(packets) / 3);
  expect(atHost.summary.get('merged frames counted by')).toBe('vnet_hdr');
});

/** Packets and IP bytes of each end of each flow. */
function sumsOfFlows(events: readonly FlowEvent[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { network, source, destination } of events) {
    for (const { ip, packets, bytes } of [source, destination]) {
      const end = `${network.transport} ${network.community_id} ${ip}`;
      sums[`${end} packets`] = (sums[`${end} packets`] ?? 0) + packets;
      sums[`${end} bytes`] = (sums[`${end} bytes`] ?? 0) + bytes;
    }
  }
  return sums;
}

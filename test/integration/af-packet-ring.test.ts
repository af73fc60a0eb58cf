import { spawnSync } from 'node:child_process';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { ORIGIN_RECEIVED, ORIGIN_SENT } from '../../services/probe/capture/packet-sink.ts';
import type { CapturedFrame, CaptureResult } from './live-capture.ts';
import { CaptureRefused, startCapture } from './live-capture.ts';
import type { LinkOptions, Namespace } from './namespaces.ts';
import { namespacesUnavailable, TestNetwork } from './namespaces.ts';
import { addTunDevice, sendUdp, transferTcp } from './traffic.ts';

const unavailable = namespacesUnavailable();
const LINKTYPE_ETHERNET = 1;
const LINKTYPE_RAW = 101;

// linux/virtio_net.h.
const VIRTIO_NET_HDR_GSO_TCPV4 = 1;
const VIRTIO_NET_HDR_GSO_UDP_L4 = 5;

/** What runs the capture as a user that is not root. */
const AS_USER = ['setpriv', '--reuid', '65532', '--regid', '65532', '--clear-groups'];
const setprivMissing =
  spawnSync('setpriv', ['--version']).status === 0
    ? ''
    : 'the command `setpriv` is missing (install util-linux)';

let network: TestNetwork;
let client: Namespace;
let server: Namespace;

/** eth0 to eth0, and nothing that moves by itself. */
function link(options: LinkOptions = {}): void {
  network.link(
    { namespace: client, interfaceName: 'eth0', addresses: ['10.0.0.1/24', 'fd00::1/64'] },
    { namespace: server, interfaceName: 'eth0', addresses: ['10.0.0.2/24', 'fd00::2/64'] },
    { offloads: false, staticNeighbours: true, ...options },
  );
}

function linkSecond(): void {
  network.link(
    { namespace: client, interfaceName: 'eth1', addresses: ['10.0.1.1/24'] },
    { namespace: server, interfaceName: 'eth1', addresses: ['10.0.1.2/24'] },
    { offloads: false, staticNeighbours: true },
  );
}

const udp = (address: string, count: number, port = 4000): Promise<void> =>
  sendUdp(client, { address, port, count, payloadBytes: 100 });

const sum = (frames: readonly CapturedFrame[], value: (frame: CapturedFrame) => number): number =>
  frames.reduce((total, frame) => total + value(frame), 0);

const withOrigin = ({ frames }: CaptureResult, origin: number): readonly CapturedFrame[] =>
  frames.filter((frame) => frame.origin === origin);

/** Of an IPv4 packet whose headers were captured. */
function tcpPayloadBytes({ bytes, wireBytes }: CapturedFrame): number {
  const frame = Buffer.from(bytes, 'hex');
  const ipHeaderBytes = (frame[14] & 0xf) * 4;
  return wireBytes - 14 - ipHeaderBytes - (frame[14 + ipHeaderBytes + 12] >> 4) * 4;
}

const tcpPackets = (frame: CapturedFrame): number =>
  frame.gsoType === 0 ? 1 : Math.ceil(tcpPayloadBytes(frame) / frame.gsoSize);

/** What /proc/net/snmp counts as sent, again or not: merged segments count as what they stand for. */
function tcpSegmentsSent(namespace: Namespace): number {
  const [names, values] = namespace
    .run('grep', '^Tcp:', '/proc/net/snmp')
    .split('\n')
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('OutSegs')]) + Number(values[names.indexOf('RetransSegs')]);
}

const udpPort = (frame: CapturedFrame): number => Buffer.from(frame.bytes, 'hex').readUInt16BE(14 + 20 + 2);

describe('AfPacketRing', () => {
  beforeEach((ctx) => {
    if (unavailable !== undefined) ctx.skip(unavailable);
    network = new TestNetwork();
    client = network.addNamespace('client');
    server = network.addNamespace('server');
    // Datagrams are not answered with "port unreachable".
    server.addRule('filter', 'INPUT', '-p', 'udp', '-j', 'DROP');
  });

  afterEach(() => network?.close());

  test('sees each frame of both directions once, as the kernel counts them', async () => {
    link({ staticNeighbours: false });
    const startMs = Date.now();
    const before = server.counters('eth0');
    const capture = await startCapture(server);
    await udp('10.0.0.2', 200);
    await udp('fd00::2', 100);
    await transferTcp({ from: client, to: server, address: '10.0.0.2', port: 5000, bytes: 200_000 });
    await transferTcp({ from: client, to: server, address: 'fd00::2', port: 5000, bytes: 200_000 });
    const result = await capture.stop();
    const after = server.counters('eth0');

    const received = withOrigin(result, ORIGIN_RECEIVED);
    const sent = withOrigin(result, ORIGIN_SENT);
    expect(received.length).toBeGreaterThan(300 + 2 * 138);
    expect(received.length).toBe(after.receivedPackets - before.receivedPackets);
    expect(sent.length).toBe(after.sentPackets - before.sentPackets);
    expect(sum(received, (frame) => frame.wireBytes)).toBe(after.receivedBytes - before.receivedBytes);
    expect(sum(sent, (frame) => frame.wireBytes)).toBe(after.sentBytes - before.sentBytes);
    expect(result.statistics).toEqual({
      frames: received.length + sent.length,
      unsupportedLink: 0,
      kernelReceived: received.length + sent.length,
      kernelDrops: 0,
      kernelFreezes: 0,
      segmentOffload: 'vnet_hdr',
      interfaces: ['eth0'],
    });
    for (const { linkType, seconds, nanoseconds } of result.frames) {
      expect(linkType).toBe(LINKTYPE_ETHERNET);
      expect(nanoseconds).toBeLessThan(1e9);
      expect(seconds * 1000 + nanoseconds / 1e6).toBeGreaterThanOrEqual(startMs);
      expect(seconds * 1000 + nanoseconds / 1e6).toBeLessThanOrEqual(Date.now());
    }
  });

  test('cuts frames to the snap length and tells their length on the wire', async () => {
    link();
    const capture = await startCapture(server, { snaplenBytes: 60 });
    await udp('10.0.0.2', 10);
    const { frames } = await capture.stop();
    expect(frames.map(({ bytes, wireBytes }) => [bytes.length / 2, wireBytes])).toEqual(
      Array.from({ length: 10 }, () => [60, 14 + 20 + 8 + 100]),
    );
  });

  test('sees nothing from before it was started', async () => {
    link();
    await udp('10.0.0.2', 500);
    const capture = await startCapture(server);
    const { frames } = await capture.stop();
    expect(frames).toEqual([]);
  });

  test.each([
    ['udp port 4001', [4001]],
    ['dst host 10.0.0.2 and not port 4001', [4000, 4002]],
    ['arp', []],
  ])('with the filter "%s" takes the ports %o', async (filter, ports) => {
    link();
    const capture = await startCapture(server, { filter });
    for (const port of [4000, 4001, 4002]) await udp('10.0.0.2', 5, port);
    const { frames } = await capture.stop();
    expect(frames.map(udpPort)).toEqual(ports.flatMap((port) => Array.from({ length: 5 }, () => port)));
  });

  test('leaves loopback out, and takes each of its packets once when it is named', async () => {
    link();
    client.addRule('filter', 'INPUT', '-p', 'udp', '-j', 'DROP');
    const [standard, named] = await Promise.all([
      startCapture(client),
      startCapture(client, { interfaces: ['lo'] }),
    ]);
    await udp('127.0.0.1', 20);
    await udp('10.0.0.2', 10);
    expect((await standard.stop()).frames.length).toBe(10);
    const onLoopback = await named.stop();
    expect(onLoopback.statistics.interfaces).toEqual(['lo']);
    expect(onLoopback.frames.map(({ origin, linkType }) => [origin, linkType])).toEqual(
      Array.from({ length: 20 }, () => [ORIGIN_RECEIVED, LINKTYPE_ETHERNET]),
    );
  });

  test('leaves out what sockets with the ignored mark send', async () => {
    link();
    const ownPort = ['-p', 'udp', '--dport', '4001'];
    client.addRule('mangle', 'OUTPUT', ...ownPort, '-j', 'MARK', '--set-mark', '0xf10');
    const capture = await startCapture(client, { ignoredMark: 0xf10 });
    await udp('10.0.0.2', 20, 4001);
    await udp('10.0.0.2', 10, 4000);
    const { frames } = await capture.stop();
    expect(frames.map(udpPort)).toEqual(Array.from({ length: 10 }, () => 4000));
  });

  test('picks up a new interface from its first packet', async () => {
    link();
    const capture = await startCapture(server);
    linkSecond();
    await udp('10.0.1.2', 30);
    await udp('10.0.0.2', 10);
    await capture.interfacesToBe(['eth0', 'eth1']);
    expect((await capture.stop()).frames.length).toBe(40);
  });

  test('follows a named interface that appears, vanishes, and appears again', async () => {
    link();
    const capture = await startCapture(server, { interfaces: ['eth1'] });
    await capture.interfacesToBe([]);
    await udp('10.0.0.2', 10);
    for (const count of [20, 30]) {
      linkSecond();
      await capture.interfacesToBe(['eth1']);
      await udp('10.0.1.2', count);
      server.ip('link', 'delete', 'eth1');
      await capture.interfacesToBe([]);
    }
    const { frames, statistics } = await capture.stop();
    expect(frames.length).toBe(50);
    expect(statistics.kernelDrops).toBe(0);
  });

  test('goes on when the last interface vanishes', async () => {
    link();
    const capture = await startCapture(server);
    await udp('10.0.0.2', 10);
    server.ip('link', 'delete', 'eth0');
    await capture.interfacesToBe([]);
    link();
    await udp('10.0.0.2', 15);
    expect((await capture.stop()).frames.length).toBe(25);
  });

  test('takes IP packets from a device without a link header', async () => {
    link();
    const [capture, filtered] = await Promise.all([
      startCapture(server),
      startCapture(server, { filter: 'src host 10.9.0.2 and udp port 4001' }),
    ]);
    const packet = '45000024000000004011668c0a0900020a0900010fa00fa1001000000102030405060708';
    const tun = await addTunDevice(server, 'tun0', '10.9.0.1/24');
    await tun.receive(packet);
    await tun.close();
    for (const result of [await capture.stop(), await filtered.stop()]) {
      const [frame, ...others] = result.frames.filter(({ origin }) => origin === ORIGIN_RECEIVED);
      expect(others).toEqual([]);
      expect(frame).toMatchObject({ bytes: packet, linkType: LINKTYPE_RAW, wireBytes: 36 });
    }
  });

  test('counts as drops what a full ring has no room for', async () => {
    link();
    const capture = await startCapture(server, {
      through: 'unread_ring',
      ringBytes: 131_072,
      blockBytes: 65_536,
    });
    await udp('10.0.0.2', 2000);
    const { frames, statistics } = await capture.stop();
    expect(frames.length).toBeGreaterThan(100);
    expect(statistics.frames).toBe(frames.length);
    expect(statistics.kernelReceived).toBe(2000);
    expect(statistics.kernelDrops).toBe(2000 - frames.length);
    expect(statistics.kernelFreezes).toBeGreaterThan(0);
  });

  test('never makes an interface promiscuous', async () => {
    link();
    const capture = await startCapture(server, { interfaces: ['eth0'] });
    const [{ promiscuity, allmulti }] = JSON.parse(server.ip('-d', '-j', 'link', 'show', 'eth0'));
    expect({ promiscuity, allmulti }).toEqual({ promiscuity: 0, allmulti: 0 });
    await capture.stop();
  });

  test('tells how many packets the merged frames of an offloading interface stand for', async () => {
    link({ offloads: true });
    const capture = await startCapture(client);
    const before = tcpSegmentsSent(client);
    await transferTcp({ from: client, to: server, address: '10.0.0.2', port: 5000, bytes: 5_000_000 });
    const result = await capture.stop();
    const sent = withOrigin(result, ORIGIN_SENT);
    const merged = sent.filter(({ gsoType }) => gsoType !== 0);
    expect(merged.length).toBeGreaterThan(10);
    for (const { gsoType, gsoSize } of merged) {
      expect(gsoType).toBe(VIRTIO_NET_HDR_GSO_TCPV4);
      expect(gsoSize).toBe(1448);
    }
    expect(sum(sent, tcpPackets)).toBe(tcpSegmentsSent(client) - before);
    expect(sum(sent, tcpPayloadBytes)).toBeGreaterThanOrEqual(5_000_000);
  });

  test.each(['10.0.0.2', 'fd00::2'])('tells the datagrams of a merged one to %s', async (address) => {
    link({ offloads: true });
    const capture = await startCapture(server);
    await sendUdp(client, { address, port: 4000, count: 3, payloadBytes: 5000, segmentBytes: 1000 });
    const { frames } = await capture.stop();
    const headerBytes = 14 + (address.includes(':') ? 40 : 20) + 8;
    expect(frames.map(({ wireBytes, gsoType, gsoSize }) => ({ wireBytes, gsoType, gsoSize }))).toEqual(
      Array.from({ length: 3 }, () => ({
        wireBytes: headerBytes + 5000,
        gsoType: VIRTIO_NET_HDR_GSO_UDP_L4,
        gsoSize: 1000,
      })),
    );
  });

  test('without NET_RAW says in one sentence what to do', async (ctx) => {
    if (setprivMissing !== '') ctx.skip(setprivMissing);
    const refused = startCapture(server, {}, [...AS_USER, '--inh-caps', '-all', '--bounding-set', '-all']);
    await expect(refused).rejects.toThrow(CaptureRefused);
    await expect(refused).rejects.toMatchObject({
      code: 'NET_RAW_MISSING',
      message:
        'Capturing needs the NET_RAW capability, and this process (user 65532) can never have it: its container was ' +
        'not granted it, or a policy took it away. Add NET_RAW to the container (securityContext.capabilities.add).',
    });
  });

  test('needs NET_RAW only', async (ctx) => {
    if (setprivMissing !== '') ctx.skip(setprivMissing);
    link();
    const sets = ['--inh-caps', '--ambient-caps', '--bounding-set'];
    const netRawOnly = sets.flatMap((set) => [set, '-all,+net_raw']);
    const capture = await startCapture(server, { filter: 'udp' }, [...AS_USER, ...netRawOnly]);
    await udp('10.0.0.2', 10);
    const { frames, statistics } = await capture.stop();
    expect(frames.length).toBe(10);
    expect(statistics.segmentOffload).toBe('vnet_hdr');
  });
});

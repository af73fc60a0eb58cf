import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { openLibpcapSource } from '../../services/probe/capture/libpcap.ts';
import { startCapture } from './live-capture.ts';
import type { Namespace } from './namespaces.ts';
import { namespacesUnavailable, TestNetwork } from './namespaces.ts';
import { sendUdp } from './traffic.ts';

const LINKTYPE_ETHERNET = 1;
const LINKTYPE_LINUX_SLL = 113;

/** Why nothing can be captured through libpcap here. */
async function libpcapUnavailable(): Promise<string | undefined> {
  try {
    (await openLibpcapSource({ interfaces: [] })).close();
    return namespacesUnavailable();
  } catch (error) {
    return String(error);
  }
}

const unavailable = await libpcapUnavailable();

let network: TestNetwork;
let client: Namespace;
let server: Namespace;

const udp = (address: string, count: number, port = 4000): Promise<void> =>
  sendUdp(client, { address, port, count, payloadBytes: 100 });

describe('libpcap', () => {
  beforeEach((ctx) => {
    if (unavailable !== undefined) ctx.skip(unavailable);
    network = new TestNetwork();
    client = network.addNamespace('client');
    server = network.addNamespace('server');
    client.addRule('filter', 'INPUT', '-p', 'udp', '-j', 'DROP');
    server.addRule('filter', 'INPUT', '-p', 'udp', '-j', 'DROP');
    network.link(
      { namespace: client, interfaceName: 'eth0', addresses: ['10.0.0.1/24'] },
      { namespace: server, interfaceName: 'eth0', addresses: ['10.0.0.2/24'] },
      { offloads: false, staticNeighbours: true },
    );
  });

  afterEach(() => network?.close());

  test.each([
    ['all interfaces', undefined, LINKTYPE_LINUX_SLL, 16, ['any']],
    ['a named interface', ['eth0'], LINKTYPE_ETHERNET, 14, ['eth0']],
  ])('sees the packets of %s, without loopback', async (_, interfaces, linkType, linkBytes, names) => {
    const startMs = Date.now();
    const capture = await startCapture(client, { through: 'libpcap', interfaces });
    await udp('127.0.0.1', 10);
    await udp('10.0.0.2', 20);
    await capture.framesToBe(20);
    const { frames, statistics } = await capture.stop();
    expect(frames.map((frame) => [frame.linkType, frame.bytes.length / 2])).toEqual(
      Array.from({ length: 20 }, () => [linkType, linkBytes + 128]),
    );
    for (const { seconds, nanoseconds } of frames) {
      expect(seconds * 1000 + nanoseconds / 1e6).toBeGreaterThanOrEqual(startMs);
      expect(seconds * 1000 + nanoseconds / 1e6).toBeLessThanOrEqual(Date.now());
    }
    expect(statistics).toEqual({
      frames: 20,
      unsupportedLink: 0,
      kernelReceived: undefined,
      kernelDrops: undefined,
      kernelFreezes: undefined,
      segmentOffload: 'none',
      interfaces: names,
    });
  });

  test('applies a filter', async () => {
    const capture = await startCapture(server, { through: 'libpcap', filter: 'udp port 4001' });
    for (const port of [4000, 4001, 4002]) await udp('10.0.0.2', 5, port);
    await capture.framesToBe(5);
    const { frames } = await capture.stop();
    const ports = frames.map(({ bytes }) => Buffer.from(bytes, 'hex').readUInt16BE(16 + 20 + 2));
    expect(ports).toEqual([4001, 4001, 4001, 4001, 4001]);
  });

  test.each([
    ['filter', { filter: 'udp prot 4001' }, /^libpcap cannot capture on any: .*syntax error/],
    ['interface', { interfaces: ['eth9'] }, /^libpcap cannot capture on eth9: /],
  ])('says what is wrong with the %s', async (_, options, message) => {
    await expect(startCapture(server, { through: 'libpcap', ...options })).rejects.toMatchObject({
      code: 'LIBPCAP_FAILED',
      message: expect.stringMatching(message),
    });
  });

  test('on all interfaces makes none promiscuous', async () => {
    const capture = await startCapture(server, { through: 'libpcap' });
    const [{ promiscuity }] = JSON.parse(server.ip('-d', '-j', 'link', 'show', 'eth0'));
    expect(promiscuity).toBe(0);
    await capture.stop();
  });

  test('on all interfaces goes on when one vanishes', async () => {
    const capture = await startCapture(server, { through: 'libpcap' });
    await udp('10.0.0.2', 5);
    await capture.framesToBe(5);
    server.ip('link', 'delete', 'eth0');
    expect((await capture.stop()).frames.length).toBe(5);
  });
});

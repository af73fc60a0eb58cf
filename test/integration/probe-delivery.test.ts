import { readdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeCertificate } from '../fixtures/server-certificate.ts';
import { TemporaryFolder } from '../fixtures/temporary-folder.ts';
import { sumOfEvents } from '../support/flow-event.ts';
import type { Client } from './conversations.ts';
import { startClient, startServer } from './conversations.ts';
import { startDeliveringProbe } from './delivering-probe.ts';
import { missingCommand } from './missing-command.ts';
import type { Namespace } from './namespaces.ts';
import { namespacesUnavailable, TestNetwork } from './namespaces.ts';
import { RemoteReceiver } from './remote-receiver.ts';

const unavailable = namespacesUnavailable() ?? missingCommand('ethtool', 'iptables', 'ip6tables');
const opensslMissing = missingCommand('openssl');

const SERVER = '10.0.0.2';
const SERVER_6 = 'fd00::2';
const RECEIVER_PORT = 8443;
const [TCP_PORT, UDP_PORT] = [4000, 5000];
const URL_4 = `http://${SERVER}:${RECEIVER_PORT}/v1/flows`;

let network: TestNetwork;
let folder: TemporaryFolder;
let client: Namespace;
let server: Namespace;
let talker: Client;

beforeEach(async (ctx) => {
  if (unavailable !== undefined) ctx.skip(unavailable);
  folder = new TemporaryFolder();
  network = new TestNetwork();
  [client, server] = [network.addNamespace('client'), network.addNamespace('server')];
  network.link(
    { namespace: client, interfaceName: 'eth0', addresses: ['10.0.0.1/24', 'fd00::1/64'] },
    { namespace: server, interfaceName: 'eth0', addresses: [`${SERVER}/24`, `${SERVER_6}/64`] },
    { offloads: false, staticNeighbours: true },
  );
  await startServer(server, { addresses: [SERVER, SERVER_6], tcp: [TCP_PORT], udp: UDP_PORT });
  talker = await startClient(client);
});

afterEach(() => {
  network?.close();
  folder?.remove();
});

const startReceiver = (
  options: Partial<Parameters<typeof RemoteReceiver.start>[1]> = {},
): Promise<RemoteReceiver> => RemoteReceiver.start(server, { host: SERVER, port: RECEIVER_PORT, ...options });

const talkTcp = (address = SERVER): Promise<unknown> =>
  talker.hold({ kind: 'tcp', address, port: TCP_PORT, bytes: 10_000 });

/** Each is a flow of its own. */
async function talkUdp(times = 1): Promise<void> {
  for (let time = 0; time < times; time++) {
    await talker.hold({ kind: 'udp', address: SERVER, port: UDP_PORT, bytes: 100 });
  }
}

/** Every event that was received came once, and they are all that were made, except those that the counters tell of. */
function expectAccounts(receiver: RemoteReceiver, counters: Readonly<Record<string, number>>): void {
  const ids = receiver.events.map(({ event }) => event.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(counters['flow.records']).toBe(counters['output.events']);
  const dropped = counters['queue.dropped_events'] + counters['delivery.refused_dropped_events'];
  expect(ids.length + dropped).toBe(counters['output.events']);
  expect(counters['delivery.events']).toBe(ids.length);
}

describe.each([
  ['IPv4', SERVER, `http://${SERVER}:${RECEIVER_PORT}/v1/flows`],
  ['IPv6', SERVER_6, `http://[${SERVER_6}]:${RECEIVER_PORT}/v1/flows`],
])('over %s', (_, address, url) => {
  test("the probe's own traffic is in no record, and what others say to the receiver is", async () => {
    const receiver = await startReceiver({ host: address });
    const probe = await startDeliveringProbe(client, url);
    await talkTcp(address);
    await receiver.waitFor(() => expect(receiver.events.length).toBeGreaterThan(0));
    // New connections, refused ones among them.
    await receiver.stop();
    await talkTcp(address);
    await receiver.waitFor(() => expect(probe.log()).toContain('cannot be reached'));
    const before = receiver.events.length;
    await receiver.restart();
    await receiver.waitFor(() => expect(receiver.events.length).toBeGreaterThan(before));
    const host = address.includes(':') ? `[${address}]` : address;
    client.run(process.execPath, '-e', `fetch('http://${host}:${RECEIVER_PORT}/')`);
    const toReceiver = () => receiver.events.filter(({ destination }) => destination.port === RECEIVER_PORT);
    await receiver.waitFor(() => expect(toReceiver().length).toBeGreaterThan(0));
    const { exitCode, counters, messages } = await probe.stop();
    expect(exitCode).toBe(0);
    expect(messages).toContain('the receiver takes deliveries again');
    expectAccounts(receiver, counters);
    expect(new Set(toReceiver().map(({ flow }) => flow.id)).size).toBe(1);
    const { receivedPackets, sentPackets } = client.counters('eth0');
    // What passed is recorded, or own. Only the last packets of a connection are not known to it.
    const own = counters['own.sent_packets'] + counters['own.received_packets'];
    expect(own).toBeGreaterThan(20);
    const unknown = receivedPackets + sentPackets - sumOfEvents(receiver.events).packets - own;
    expect(unknown).toBeGreaterThanOrEqual(0);
    expect(unknown).toBeLessThan(20);
  });
});

test('a receiver that is gone for a while loses nothing and doubles nothing', async () => {
  const receiver = await startReceiver();
  const probe = await startDeliveringProbe(client, URL_4);
  await talkUdp(20);
  await receiver.waitFor(() => expect(receiver.events.length).toBeGreaterThan(19));
  await receiver.stop();
  await talkUdp(20);
  await receiver.waitFor(() => expect(probe.log()).toContain('cannot be reached'));
  await receiver.restart();
  await receiver.answer(503);
  await talkTcp();
  await receiver.waitFor(() => expect(probe.log()).toContain('asks for fewer'));
  await receiver.answer(429, 1);
  const refused = receiver.requests.length;
  await receiver.waitFor(() => expect(receiver.requests.length).toBeGreaterThan(refused));
  await receiver.answer(undefined);
  await receiver.waitFor(() => expect(new Set(receiver.events.map(({ flow }) => flow.id)).size).toBe(41));
  const { counters } = await probe.stop();
  expectAccounts(receiver, counters);
  expect(counters['queue.dropped_events']).toBe(0);
  expect(counters['delivery.retried']).toBeGreaterThan(0);
});

test('SIGTERM flushes: the last delivery is the final one and has every flow', async () => {
  const receiver = await startReceiver();
  const probe = await startDeliveringProbe(client, URL_4, ['--window', '1h', '--batch-delay', '1h']);
  await talkTcp();
  await talkUdp(30);
  const { exitCode, counters } = await probe.stop();
  expect(exitCode).toBe(0);
  const [first, last] = [receiver.taken[0], receiver.taken.at(-1)!];
  expect([first.header.heartbeat, first.header.events, last.header.heartbeat, last.header.final]).toEqual([
    ...[true, 0],
    ...[true, true],
  ]);
  expect(receiver.events.length).toBe(31);
  expect(receiver.events.every(({ flow }) => flow.final)).toBe(true);
  expect(last.header.counters['output.events']).toBe(31);
  expectAccounts(receiver, counters);
});

test('without a receiver it ends within its grace, and counts what is lost', async () => {
  const probe = await startDeliveringProbe(client, URL_4, ['--shutdown-grace', '300ms']);
  await talkUdp(10);
  const { exitCode, counters } = await probe.stop();
  expect(exitCode).toBe(0);
  expect(counters['output.events']).toBeGreaterThan(9);
  expect(counters['queue.dropped_events']).toBe(counters['output.events']);
});

test('a queue that is full drops the oldest batches, counted to the event', { timeout: 60_000 }, async () => {
  const receiver = await startReceiver();
  await receiver.answer(500);
  const limits = ['--max-queue', '256KiB', '--compression-level', '0', '--batch-events', '20'];
  const probe = await startDeliveringProbe(client, URL_4, limits);
  await talkUdp(400);
  await receiver.waitFor(() => expect(probe.log()).toContain('a delivery is dropped'));
  await receiver.answer(undefined);
  const { counters } = await probe.stop();
  expect(counters['queue.dropped_events']).toBeGreaterThan(0);
  expectAccounts(receiver, counters);
  const told = receiver.taken.map(({ header }) => header.counters['queue.dropped_events']);
  expect(told.at(-1)).toBe(counters['queue.dropped_events']);
});

test('what a killed probe had spooled is delivered by the next one', async () => {
  const spool = folder.newPath();
  const killed = await startDeliveringProbe(client, URL_4, ['--spool', spool]);
  await talkUdp(25);
  const spooledEvents = (): number =>
    readdirSync(spool)
      .filter((name) => name.endsWith('.ndjson.gz'))
      .reduce((sum, name) => sum + Number(name.split('-')[4]), 0);
  const receiver = await startReceiver({ port: RECEIVER_PORT + 1 });
  await receiver.waitFor(() => expect(spooledEvents()).toBeGreaterThan(24));
  const { signal } = await killed.stop('SIGKILL');
  expect(signal).toBe('SIGKILL');
  const left = spooledEvents();
  const url = `http://${SERVER}:${RECEIVER_PORT + 1}/v1/flows`;
  const probe = await startDeliveringProbe(client, url, ['--spool', spool]);
  await receiver.waitFor(() => expect(receiver.events.length).toBeGreaterThanOrEqual(left));
  const { counters } = await probe.stop();
  expect(counters['spool.recovered_events']).toBe(left);
  const ids = receiver.events.map(({ event }) => event.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.length).toBe(left + counters['output.events']);
  expect(readdirSync(spool)).toEqual([]);
});

test('over TLS, with a token that is replaced and the identity of its pod', async (ctx) => {
  if (opensslMissing !== undefined) ctx.skip(opensslMissing);
  const authority = makeCertificate(folder.path, 'authority');
  const tls = makeCertificate(folder.path, 'server', authority, ['IP:10.0.0.2']);
  const tokenFile = folder.fileOf(Buffer.from('old'));
  const receiver = await startReceiver({ tls, token: 'old' });
  const pod = [
    '--pod-name',
    'web-1',
    '--pod-namespace',
    'shop',
    '--pod-uid',
    'u-1',
    '--pod-ips',
    '10.0.0.1,fd00::1',
  ];
  const probe = await startDeliveringProbe(client, URL_4.replace('http:', 'https:'), [
    ...['--ca-file', authority.certFile, '--token-file', tokenFile, '--node-name', 'node-a', ...pod],
  ]);
  await talkUdp(5);
  await receiver.waitFor(() => expect(receiver.events.length).toBeGreaterThan(4));
  await receiver.acceptOnly('new');
  await talkUdp(5);
  await receiver.waitFor(() => expect(probe.log()).toContain("does not accept this probe's token"));
  writeFileSync(tokenFile, 'new\n');
  await receiver.waitFor(() => expect(new Set(receiver.events.map(({ flow }) => flow.id)).size).toBe(10));
  const { counters, stderr } = await probe.stop();
  expectAccounts(receiver, counters);
  expect(counters['delivery.unauthorised']).toBeGreaterThan(0);
  expect(stderr).not.toMatch(/Bearer|"old"|"new"/);
  const [{ header, lines }] = receiver.taken.filter((batch) => batch.lines.length > 0);
  expect(header.probe).toMatchObject({
    host: 'node-a',
    pod: { name: 'web-1', namespace: 'shop', uid: 'u-1', node: 'node-a', ips: ['10.0.0.1', 'fd00::1'] },
  });
  expect(JSON.parse(lines[0]).host.name).toBe('node-a');
});

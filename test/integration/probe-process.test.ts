import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, writeSync } from 'node:fs';

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { compileTcpdumpExpression } from '../../services/probe/capture/tcpdump-expression.ts';
import { TemporaryFolder } from '../fixtures/temporary-folder.ts';
import { readEvents, sumOfEvents } from '../support/flow-event.ts';
import { FLOWTAP_MAIN, finished } from '../support/flowtap-process.ts';
import type { Client } from './conversations.ts';
import { startClient, startServer } from './conversations.ts';
import { linkTotals } from './link-totals.ts';
import { missingCommand } from './missing-command.ts';
import type { Namespace } from './namespaces.ts';
import { namespacesUnavailable, TestNetwork } from './namespaces.ts';
import { spawnProbe, startProbe } from './running-probe.ts';
import { sendUdp } from './traffic.ts';

const unavailable = namespacesUnavailable() ?? missingCommand('ethtool', 'iptables', 'ip6tables');
const setprivMissing = missingCommand('setpriv');
const WITHOUT_CAPABILITIES = ['setpriv', '--inh-caps', '-all', '--bounding-set', '-all'];

const CLIENT = '10.0.0.1';
const SERVER = '10.0.0.2';
const [TCP_PORT, UDP_PORT] = [4000, 5000];

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
});

afterEach(() => {
  network?.close();
  folder?.remove();
});

/** eth0 to eth0. */
function linkHosts(): void {
  network.link(
    { namespace: client, interfaceName: 'eth0', addresses: [`${CLIENT}/24`] },
    { namespace: server, interfaceName: 'eth0', addresses: [`${SERVER}/24`] },
    { offloads: false, staticNeighbours: true },
  );
}

/** The server answers, and the client can talk. */
async function connectHosts(): Promise<void> {
  linkHosts();
  await startServer(server, { addresses: [SERVER], tcp: [TCP_PORT], udp: UDP_PORT });
  talker = await startClient(client);
}

const talkTcp = (): Promise<unknown> =>
  talker.hold({ kind: 'tcp', address: SERVER, port: TCP_PORT, bytes: 100_000, staysOpen: true });

const talkUdp = (): Promise<unknown> =>
  talker.hold({ kind: 'udp', address: SERVER, port: UDP_PORT, bytes: 100 });

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it soon, with complete records', async (signal) => {
  await connectHosts();
  const probe = await startProbe(client, folder.newPath());
  await talkTcp();
  await talkUdp();
  const { exitCode, events, summary, closingMs } = await probe.stop(signal);
  expect(exitCode).toBe(0);
  expect(closingMs).toBeLessThan(3000);
  const ended = events.filter(({ flow }) => flow.final);
  expect(ended.map(({ network, flowtap }) => [network.transport, flowtap.end_reason]).sort()).toEqual([
    ['tcp', 'shutdown'],
    ['udp', 'shutdown'],
  ]);
  expect(events.length).toBe(summary.get('records'));
  expect(sumOfEvents(events).packets).toBe(summary.get('IP packets in flows'));
  expect(sumOfEvents(events).packets).toBe(linkTotals(client).packets);
});

test('a reader that closes the pipe ends it, without an error', async () => {
  await connectHosts();
  const command = `"${process.execPath}" "${FLOWTAP_MAIN}" probe --interface eth0 --window 1s`;
  const shell = client.spawn('sh', ['-c', `{ ${command}; echo "exit code $?" >&2; } | head -n 1`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = finished(shell);
  await once(shell.stderr!, 'data');
  await talkTcp();
  await once(shell.stdout!, 'data');
  await talkUdp();
  const { stdout, stderr } = await end;
  expect(JSON.parse(stdout).network.transport).toBe('tcp');
  expect(stderr).toMatch(/^Capturing on eth0\.\n[\s\S]*\nexit code 0\n$/);
  expect(stderr).not.toMatch(/error|EPIPE|\n +at /i);
});

test('a reader that stalls does not hold up the end', { timeout: 10_000 }, async () => {
  await connectHosts();
  const [stdout, ...ends] = fullPipe(folder.newPath());
  const probe = await startProbe(client, undefined, [], { stdout });
  await talkTcp();
  const { closingMs, summary } = await probe.stop();
  for (const end of [stdout, ...ends]) closeSync(end);
  expect(closingMs).toBeLessThan(3000);
  expect(summary.get('records dropped for a slow reader')).toBeGreaterThan(0);
});

test('without NET_RAW it says so in a sentence', async (ctx) => {
  if (setprivMissing !== undefined) ctx.skip(setprivMissing);
  const refused = await finished(
    spawnProbe(client, ['--interface', 'eth0'], { prefix: WITHOUT_CAPABILITIES }),
  );
  expect(refused).toEqual({
    exitCode: 1,
    signal: null,
    stdout: '',
    stderr:
      'flowtap: NET_RAW_MISSING: Capturing needs the NET_RAW capability, and this process (user 0) can never have ' +
      'it: its container was not granted it, or a policy took it away. Add NET_RAW to the container ' +
      '(securityContext.capabilities.add).\n',
  });
});

test('an output that cannot be opened is named', async () => {
  const output = `${folder.newPath()}/records`;
  const refused = await finished(spawnProbe(client, ['--output', output]));
  expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
  expect(refused.stderr).toMatch(
    new RegExp(`^flowtap: OUTPUT_FAILED: --output ${output} cannot be opened: ENOENT[^\\n]*\\n$`),
  );
});

test('an output that is full ends it', async () => {
  await connectHosts();
  const probe = await startProbe(client, undefined, ['--output', '/dev/full']);
  await talkTcp();
  const { exitCode, stderr } = await probe.ended();
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/\nWriting records had to end: ENOSPC[^\n]*\n$/);
});

test('what the kernel drops while the probe cannot read is in the summary', async () => {
  linkHosts();
  // So that nothing comes back.
  server.addRule('filter', 'INPUT', '-p', 'udp', '-j', 'DROP');
  const before = linkTotals(client);
  const probe = await startProbe(client, folder.newPath(), ['--ring-size', '512KiB']);
  probe.child.kill('SIGSTOP');
  await sendUdp(client, { address: SERVER, port: UDP_PORT, count: 5000, payloadBytes: 100 });
  probe.child.kill('SIGCONT');
  const { exitCode, summary, events } = await probe.stop();
  const passed = linkTotals(client, before).packets;
  const dropped = Number(summary.get('packets dropped by the kernel'));
  expect(exitCode).toBe(0);
  expect(dropped).toBeGreaterThan(1000);
  expect(summary.get('times the ring was full')).toBeGreaterThan(0);
  expect(summary.get('packets that passed the filter')).toBe(passed);
  expect(summary.get('frames captured')).toBe(passed - dropped);
  expect(sumOfEvents(events).packets).toBe(passed - dropped);
});

test('an interface is picked up when it appears, and when it comes back', async () => {
  const output = folder.newPath();
  const probe = await startProbe(client, output);
  await connectHosts();
  await recordsOfMoreTalk(output);
  client.ip('link', 'delete', 'eth0');
  linkHosts();
  await recordsOfMoreTalk(output);
  const { stderr, events, summary } = await probe.stop();
  expect(stderr).toMatch(/^Capturing on no interface yet\.\n/);
  expect(summary.get('packets dropped by the kernel')).toBe(0);
  for (const { network, destination } of events) {
    expect([network.transport, destination.port]).toEqual(['udp', UDP_PORT]);
  }
});

/** Talks, by a flow of its own each time, until a record tells of it. */
async function recordsOfMoreTalk(output: string): Promise<void> {
  const ports = new Set<unknown>();
  await vi.waitFor(
    async () => {
      ports.add(await talkUdp());
      const recorded = readEvents(output).map(({ source }) => source.port);
      expect(recorded.some((port) => ports.has(port))).toBe(true);
    },
    { interval: 50, timeout: 10_000 },
  );
}

test('--filter lets pass what it selects', async (ctx) => {
  try {
    compileTcpdumpExpression('udp port 53', 192);
  } catch (error) {
    ctx.skip(String(error));
  }
  await connectHosts();
  const probe = await startProbe(client, folder.newPath(), ['--filter', 'udp port 53']);
  await talkTcp();
  await talker.hold({ kind: 'dns', address: SERVER, name: 'pod.example' });
  await talkUdp();
  await talker.hold({ kind: 'echo', address: SERVER, bytes: 56 });
  const { events, summary } = await probe.stop();
  expect(
    events.map(({ network, source, destination }) => [network.transport, source.ip, destination.port]),
  ).toEqual([['udp', CLIENT, 53]]);
  expect(sumOfEvents(events).packets).toBe(2);
  expect(summary.get('packets that passed the filter')).toBe(2);
});

/** A pipe with no room and a reader that does not read: its writing end, and what keeps it open. */
function fullPipe(path: string): number[] {
  execFileSync('mkfifo', [path]);
  const filler = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const page = Buffer.alloc(4096);
  try {
    for (;;) writeSync(filler, page);
  } catch (error) {
    expect(error).toMatchObject({ code: 'EAGAIN' });
  }
  return [openSync(path, constants.O_WRONLY), filler];
}

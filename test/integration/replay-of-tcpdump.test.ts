import { once } from 'node:events';
import { statSync } from 'node:fs';

import { expect, test, vi } from 'vitest';

import { TemporaryFolder } from '../fixtures/temporary-folder.ts';
import { packetsByWindow, parseEvents } from '../support/flow-event.ts';
import { runFlowtap } from '../support/flowtap-process.ts';
import { startClient, startServer } from './conversations.ts';
import { linkTotals } from './link-totals.ts';
import { missingCommand } from './missing-command.ts';
import { namespacesUnavailable, TestNetwork } from './namespaces.ts';
import { startProbe } from './running-probe.ts';

const unavailable = namespacesUnavailable() ?? missingCommand('ethtool', 'ip6tables', 'tcpdump');

/** draft-ietf-opsawg-pcap: of the file, and of each record. */
const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;

test('a replay of what tcpdump recorded tells the flows that a probe told live', async (ctx) => {
  if (unavailable !== undefined) ctx.skip(unavailable);
  using network = new TestNetwork();
  const folder = new TemporaryFolder();
  const [client, server] = [network.addNamespace('client'), network.addNamespace('server')];
  network.link(
    { namespace: client, interfaceName: 'eth0', addresses: ['10.0.0.1/24', 'fd00::1/64'] },
    { namespace: server, interfaceName: 'eth0', addresses: ['10.0.0.2/24', 'fd00::2/64'] },
    { offloads: false, staticNeighbours: true },
  );
  const addresses = ['10.0.0.2', 'fd00::2'];
  await startServer(server, { addresses, tcp: [4000], udp: 5000 });
  const talker = await startClient(client);
  const capture = folder.newPath();
  const tcpdump = client.spawn(
    'tcpdump',
    ['-Z', 'root', '-i', 'eth0', '--immediate-mode', '-U', '-s', '0', '-B', '8192', '-w', capture],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  // It says that it is listening.
  await once(tcpdump.stderr!, 'data');
  const probe = await startProbe(client, folder.newPath());
  for (const address of addresses) {
    await talker.hold({ kind: 'tcp', address, port: 4000, bytes: 200_000 });
    await talker.hold({ kind: 'tcp-refused', address, port: 4001 });
    await talker.hold({ kind: 'udp', address, port: 5000, bytes: 4000 });
    await talker.hold({ kind: 'dns', address, name: 'pod.example' });
    await talker.hold({ kind: 'echo', address, bytes: 56 });
  }
  client.ip('link', 'set', 'eth0', 'down');
  const live = await probe.stop();
  const { packets, bytes } = linkTotals(client);
  const captureBytes = FILE_HEADER_BYTES + packets * RECORD_HEADER_BYTES + bytes;
  await vi.waitFor(() => expect(statSync(capture).size).toBe(captureBytes), { interval: 20, timeout: 5000 });
  tcpdump.kill('SIGTERM');
  await once(tcpdump, 'exit');

  const { exitCode, stdout } = await runFlowtap(['replay', '--window', '1s', capture]);
  folder.remove();
  expect(exitCode).toBe(0);
  expect(packetsByWindow(parseEvents(stdout))).toEqual(packetsByWindow(live.events));
});

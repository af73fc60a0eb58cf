import { expect, test, vi } from 'vitest';
import { TemporaryFolder } from '../fixtures/temporary-folder.ts';
import { startClient, startServer } from './conversations.ts';
import { TestNetwork } from './namespaces.ts';
import { startProbe } from './running-probe.ts';
import { sumOfEvents } from '../support/flow-event.ts';

test('try', async () => {
  const t0 = performance.now();
  const log = (s: string) => console.log((performance.now() - t0).toFixed(0), s);
  using network = new TestNetwork();
  const folder = new TemporaryFolder();
  const [client, server] = [network.addNamespace('client'), network.addNamespace('server')];
  network.link(
    { namespace: client, interfaceName: 'eth0', addresses: ['10.0.0.1/24', 'fd00::1/64'] },
    { namespace: server, interfaceName: 'eth0', addresses: ['10.0.0.2/24', 'fd00::2/64'] },
    { offloads: false },
  );
  log('linked');
  await startServer(server, { addresses: ['10.0.0.2', 'fd00::2'], tcp: 4000, udp: 61000 });
  const c = await startClient(client);
  log('children');
  const p = await startProbe(client, folder.newPath(), ['--idle-timeout', '1s']);
  log('probe');
  const before = client.counters('eth0');
  for (const address of ['10.0.0.2', 'fd00::2']) {
    log(String(await c.hold({ kind: 'tcp', address, port: 4000, bytes: 100000 })));
    log(String(await c.hold({ kind: 'tcp-refused', address, port: 4001 })));
    log(String(await c.hold({ kind: 'udp', address, port: 61000, localPort: 2000, bytes: 100 })));
    log(String(await c.hold({ kind: 'dns', address, name: 'pod.example' })));
    log(String(await c.hold({ kind: 'echo', address, bytes: 56 })));
    log(String(await c.hold({ kind: 'tcp', address, port: 4000, bytes: 1000, staysOpen: true })));
  }
  await p.eventsToBe((events) => expect(events.filter((e) => e.flowtap.end_reason === 'idle').length).toBeGreaterThan(5));
  log('idle');
  client.ip('link', 'set', 'eth0', 'down');
  const r = await p.stop();
  const after = client.counters('eth0');
  log('stopped ' + r.closingMs);
  console.log(r.stderr, r.exitCode);
  for (const e of r.events) console.log(JSON.stringify([e.event.start, e.event.end, e.flowtap.window, e.network, e.source, e.destination, e.flowtap.initiator, e.flowtap.end_reason, e.flowtap.icmp]));
  console.log(before, after, sumOfEvents(r.events), r.summary);
  folder.remove();
});

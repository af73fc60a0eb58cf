import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';
import type { FinishedProcess } from '../../support/flowtap-process.ts';
import { FLOWTAP_MAIN, finished } from '../../support/flowtap-process.ts';
import { missingCommand } from '../missing-command.ts';
import { ResolverRig, rigUnavailable, SERVER_PORT, serviceObject } from './resolver-rig.ts';

const unavailable = rigUnavailable() ?? missingCommand('setpriv');
const IP = '10.96.4.1';
const SERVICE = serviceObject('web', { spec: { clusterIP: IP, clusterIPs: [IP], ports: [{ port: 80 }] } });

/** So much of an API server as lists and watches services. */
async function startApiServer(host: string): Promise<Server> {
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url?.includes('watch=true')) return void response.flushHeaders();
    response.end(
      JSON.stringify({ kind: 'ServiceList', metadata: { resourceVersion: '7' }, items: [SERVICE] }),
    );
  });
  server.listen(0, host);
  await once(server, 'listening');
  return server;
}

/** Without TLS the client wants to be told that this is meant. */
const kubeconfig = (server: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });

describe('flowtap resolver', () => {
  let rig: ResolverRig;
  let api: Server;
  let folder: TemporaryFolder;
  let kubeconfigPath: string;

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    rig = await ResolverRig.start();
    rig.network.addService({ ip: IP, protocol: 'tcp', port: 80, targetPort: SERVER_PORT }, rig.backends);
    api = await startApiServer(rig.network.machineAddress);
    folder = new TemporaryFolder();
    chmodSync(folder.path, 0o755);
    const { port } = api.address() as AddressInfo;
    kubeconfigPath = folder.newPath();
    writeFileSync(kubeconfigPath, kubeconfig(`http://${rig.network.machineAddress}:${port}`));
  });

  const children: ChildProcess[] = [];

  beforeEach((ctx) => {
    if (unavailable !== undefined) ctx.skip(unavailable);
  });

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  afterAll(async () => {
    api?.closeAllConnections();
    api?.close();
    await rig?.close();
    folder?.remove();
  });

  const start = (args: readonly string[], wrapper: readonly string[] = []): ChildProcess => {
    const [command, ...rest] = [...wrapper, process.execPath, FLOWTAP_MAIN, 'resolver', ...args];
    const child = rig.network.node.spawn(command, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH },
    });
    children.push(child);
    return child;
  };
  const reachable = (): readonly string[] => [
    ...['--memcached', rig.memcached.address, '--kubeconfig', kubeconfigPath],
    ...['--admin-listen', '0.0.0.0:9099'],
  ];
  const get = (path: string): Promise<{ status: number; text: string } | undefined> =>
    fetch(`http://${rig.network.nodeAddress}:9099${path}`).then(
      async (response) => ({ status: response.status, text: await response.text() }),
      () => undefined,
    );
  const stopped = (child: ChildProcess): Promise<FinishedProcess> => {
    const end = finished(child);
    child.kill('SIGTERM');
    return end;
  };

  test('translates, says when it is ready, and ends on SIGTERM', async () => {
    const child = start(reachable());
    await expect.poll(() => get('/readyz'), { timeout: 20_000 }).toMatchObject({ status: 200 });
    const connections = await rig.call({ protocol: 'tcp', ip: IP, port: 80, count: 5, requestBytes: 1 });
    const { there, expected } = await rig.compare(connections, { namespace: 'shop', name: 'web', port: 80 });
    expect(there).toEqual(expected);
    const metrics = (await get('/metrics'))?.text ?? '';
    expect(metrics).toMatch(/^flowtap_resolver_connections\{family="ipv4",protocol="tcp"\} 5$/m);
    expect(metrics).toMatch(/^flowtap_resolver_services 1$/m);
    const { exitCode, stderr } = await stopped(child);
    expect(stderr).not.toContain('"log.level":"error"');
    expect(exitCode).toBe(0);
  });

  test('needs NET_ADMIN only, and no root', async () => {
    const sets = ['--inh-caps', '--ambient-caps', '--bounding-set'];
    const only = sets.flatMap((set) => [set, '-all,+net_admin']);
    const child = start(reachable(), [
      'setpriv',
      '--reuid',
      '65534',
      '--regid',
      '65534',
      '--clear-groups',
      ...only,
    ]);
    await expect.poll(() => get('/readyz'), { timeout: 20_000 }).toMatchObject({ status: 200 });
    expect((await stopped(child)).exitCode).toBe(0);
  });

  test('without NET_ADMIN says in one sentence what to do', async () => {
    const wrapper = [
      'setpriv',
      '--reuid',
      '65534',
      '--regid',
      '65534',
      '--clear-groups',
      '--bounding-set',
      '-all',
    ];
    const { exitCode, stderr } = await finished(start(reachable(), [...wrapper, '--inh-caps', '-all']));
    expect(exitCode).toBe(1);
    expect(stderr).toContain(
      'NET_ADMIN_MISSING: Reading the connection table needs the capability NET_ADMIN',
    );
  });

  test.each([
    { args: [], says: '--memcached (FLOWTAP_MEMCACHED) must name the memcached servers' },
    {
      args: ['--memcached', 'a:1', '--ttl', '10m', '--resync-interval', '6m'],
      says: 'must be at most half of --ttl',
    },
    { args: ['--memcached', 'a:x'], says: 'must be addresses such as cache:11211' },
  ])('refuses $args', async ({ args, says }) => {
    const { exitCode, stderr } = await finished(start(args));
    expect(exitCode).toBe(2);
    expect(stderr).toContain(says);
  });
});

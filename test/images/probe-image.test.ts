import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { hasCapability } from '../../services/runtime/linux/privileges.ts';
import { CAP_NET_RAW } from '../../services/runtime/linux/raise-capability.ts';
import { makeCertificate } from '../fixtures/server-certificate.ts';
import { TemporaryFolder } from '../fixtures/temporary-folder.ts';
import type { Client } from '../integration/conversations.ts';
import { startClient, startServer } from '../integration/conversations.ts';
import type { Namespace } from '../integration/namespaces.ts';
import { TestNetwork } from '../integration/namespaces.ts';
import { RemoteReceiver } from '../integration/remote-receiver.ts';
import { sumOfEvents } from '../support/flow-event.ts';
import type { BuiltImage } from './built-image.ts';
import { BUILD_TIMEOUT_MS, buildImage, imagesUnavailable } from './built-image.ts';
import type { Container, Security } from './container.ts';
import { runContainer, written } from './container.ts';

const unavailable = imagesUnavailable();

const POD = '10.0.0.1';
const SERVER = '10.0.0.2';
const [TCP_PORT, UDP_PORT, RECEIVER_PORT] = [4000, 5000, 8443];
const NET_RAW = ['CAP_NET_RAW'];

/** socket(AF_PACKET, …) is refused with EPERM. */
const NO_PACKET_SOCKETS = {
  defaultAction: 'SCMP_ACT_ALLOW',
  syscalls: [
    {
      names: ['socket'],
      action: 'SCMP_ACT_ERRNO',
      errnoRet: 1,
      args: [{ index: 0, value: 17, op: 'SCMP_CMP_EQ' }],
    },
  ],
};

let image: BuiltImage;
let network: TestNetwork;
let folder: TemporaryFolder;
let pod: Namespace;
let server: Namespace;
let talker: Client;
let receiver: RemoteReceiver;
let env: Readonly<Record<string, string>>;
let tokenFile: string;

beforeAll(async () => {
  if (unavailable !== undefined) return;
  image = await buildImage('probe');
  folder = new TemporaryFolder();
  network = new TestNetwork();
  [pod, server] = [network.addNamespace('pod'), network.addNamespace('server')];
  network.link(
    { namespace: pod, interfaceName: 'eth0', addresses: [`${POD}/24`] },
    { namespace: server, interfaceName: 'eth0', addresses: [`${SERVER}/24`] },
    { staticNeighbours: true },
  );
  await startServer(server, { addresses: [SERVER], tcp: [TCP_PORT], udp: UDP_PORT });
  talker = await startClient(pod);
  const authority = makeCertificate(folder.path, 'authority');
  const tls = makeCertificate(folder.path, 'server', authority, [`IP:${SERVER}`]);
  tokenFile = folder.fileOf(Buffer.from('token-of-the-pod'));
  receiver = await RemoteReceiver.start(server, {
    ...{ host: SERVER, port: RECEIVER_PORT, tls, token: 'token-of-the-pod' },
  });
  env = {
    FLOWTAP_OUTPUT: `https://${SERVER}:${RECEIVER_PORT}/v1/flows`,
    FLOWTAP_CA: readFileSync(authority.certFile, 'utf8'),
    FLOWTAP_TOKEN_FILE: '/var/run/secrets/flowtap/token',
    FLOWTAP_KEEP_RUNNING: 'true',
    FLOWTAP_WINDOW: '1s',
    FLOWTAP_BATCH_DELAY: '50ms',
    FLOWTAP_MAX_RETRY_DELAY: '200ms',
  };
}, BUILD_TIMEOUT_MS);

beforeEach((ctx) => {
  if (unavailable !== undefined) ctx.skip(unavailable);
  receiver.requests.splice(0);
});

afterAll(() => {
  network?.close();
  folder?.remove();
});

function startProbe(security: Security, changes: Readonly<Record<string, string>> = {}): Container {
  return runContainer(image, pod, {
    ...security,
    args: ['probe'],
    env: { ...env, ...changes },
    files: { '/var/run/secrets/flowtap/token': tokenFile },
  });
}

const talkTcp = (bytes: number): Promise<unknown> =>
  talker.hold({ kind: 'tcp', address: SERVER, port: TCP_PORT, bytes });

/** Counters of the last delivery. */
const counters = (): Readonly<Record<string, number>> => receiver.taken.at(-1)!.header.counters;

test('as its user with NET_RAW alone it captures, counts merged frames as packets, and delivers', async () => {
  const probe = startProbe({ capabilities: NET_RAW });
  await written(probe, '"message":"capturing"');
  const { effective, permitted, bounding, ...rest } = probe.privileges();
  expect(rest).toEqual({ userId: 65_532, noNewPrivileges: true, isFiltered: false });
  expect(new Set([effective, permitted, bounding])).toEqual(new Set([1n << BigInt(CAP_NET_RAW)]));
  await talkTcp(4_000_000);
  await receiver.waitFor(() => expect(receiver.events.length).toBeGreaterThan(0));
  const { exitCode } = await probe.stop();
  expect(exitCode).toBe(0);
  const { packets } = sumOfEvents(receiver.events);
  const isTcp = receiver.events.map(({ destination }) => destination.port === TCP_PORT);
  expect(new Set(isTcp)).toEqual(new Set([true]));
  expect(packets).toBe(counters()['flow.packets']);
  expect(packets).toBeGreaterThan(3 * counters()['capture.frames']);
  expect(receiver.taken.at(-1)!.lines.every((line) => line.includes('"counted_by":"vnet_hdr"'))).toBe(true);
  expect([counters()['capture.degraded'], counters()['capture.failures']]).toEqual([0, 0]);
  expect(counters()['capture.interfaces']).toBe(1);
});

test('SIGTERM to the container delivers the last window', async () => {
  const probe = startProbe({ capabilities: NET_RAW }, { FLOWTAP_WINDOW: '1h', FLOWTAP_BATCH_DELAY: '1h' });
  await written(probe, '"message":"capturing"');
  await talkTcp(10_000);
  const { exitCode } = await probe.stop();
  expect(exitCode).toBe(0);
  expect(receiver.events.map(({ flow, destination }) => [flow.final, destination.port])).toEqual([
    [true, TCP_PORT],
  ]);
  expect(receiver.taken.at(-1)!.header.final).toBe(true);
});

describe('captures', () => {
  test.each<[string, Security]>([
    [
      'as root with NET_RAW, for runtimes that grant capabilities to root only',
      { user: 0, grantsTo: 'root' },
    ],
    [
      'where a runtime grants to root only, if it may gain privileges',
      { grantsTo: 'root', noNewPrivileges: false },
    ],
    ['as another user', { user: 1234 }],
  ])('%s', async (_, security) => {
    const probe = startProbe({ capabilities: NET_RAW, ...security });
    await written(probe, '"message":"capturing"');
    expect(hasCapability(probe.privileges().effective, CAP_NET_RAW)).toBe(true);
    expect((await probe.stop()).exitCode).toBe(0);
  });
});

describe('without being able to capture it says why, to its log and to its receiver, and keeps running', () => {
  test.each<[string, Security, RegExp]>([
    ['not granted', {}, /can never have it.*securityContext\.capabilities\.add/],
    [
      'granted to root only',
      { capabilities: NET_RAW, grantsTo: 'root' },
      /as cri-dockerd does, so run as root/,
    ],
    ['root without it', { user: 0 }, /can never have it/],
    ['another capability', { capabilities: ['CAP_NET_ADMIN'] }, /can never have it/],
    [
      'seccomp',
      { capabilities: NET_RAW, seccomp: NO_PACKET_SOCKETS },
      /its seccomp profile or a security module/,
    ],
  ])('%s', async (_, security, reason) => {
    const probe = startProbe(security);
    await written(probe, '"message":"nothing can be captured, which is tried again"');
    await receiver.waitFor(() => expect(receiver.taken.at(-1)?.header.heartbeat).toBe(true));
    expect(receiver.taken[0].header.error).toEqual({
      code: 'NET_RAW_MISSING',
      message: expect.stringMatching(reason),
    });
    expect(probe.log()).toMatch(reason);
    expect(counters()['capture.degraded']).toBe(1);
    const { exitCode } = await probe.stop();
    expect(exitCode).toBe(0);
    expect(receiver.taken.at(-1)!.header).toMatchObject({ final: true, error: { code: 'NET_RAW_MISSING' } });
  });

  test('not even a receiver or a token', async () => {
    const nobody = `https://${SERVER}:1/v1/flows`;
    const changes = {
      FLOWTAP_OUTPUT: nobody,
      FLOWTAP_TOKEN_FILE: '/nowhere',
      FLOWTAP_SHUTDOWN_GRACE: '200ms',
    };
    const probe = startProbe({}, changes);
    await written(probe, 'the token file cannot be read');
    expect((await probe.stop()).exitCode).toBe(0);
  });

  test('but a setting that cannot be used ends it', async () => {
    const probe = startProbe({ capabilities: NET_RAW }, { FLOWTAP_WINDOW: 'soon' });
    const { exitCode, stderr } = await probe.ended();
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('CONFIG_INVALID: --window')]);
  });
});

describe('the resolver', () => {
  const args = ['resolver', '--memcached', `${SERVER}:11211`, '--kubeconfig', '/kubeconfig'];
  const start = (capabilities: readonly string[]): Container => {
    const files = { '/kubeconfig': folder.fileOf(Buffer.from(JSON.stringify(kubeconfig()))) };
    return runContainer(image, pod, { args, files, capabilities });
  };

  test('reads the connection table as its user with NET_ADMIN alone', async () => {
    const resolver = start(['CAP_NET_ADMIN']);
    await written(resolver, '"message":"translating connections"');
    expect(resolver.privileges()).toMatchObject({ userId: 65_532, effective: 1n << 12n });
    expect((await resolver.stop()).exitCode).toBe(0);
  });

  test('says so without it', async () => {
    const { exitCode, stderr } = await start(NET_RAW).ended();
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('NET_ADMIN_MISSING')]);
  });
});

test('it has what it needs, and no other program', () => {
  expect(image.config).toMatchObject({
    User: '65532:65532',
    Entrypoint: ['/usr/bin/node', expect.stringMatching(/^--max-semi-space-size=/), '/app/flowtap.js'],
    Cmd: ['probe'],
    Labels: { 'org.opencontainers.image.title': 'flowtap-probe' },
  });
  expect(() => statSync(join(image.root, 'bin'))).toThrow('ENOENT');
  expect(statSync(join(image.root, 'usr/bin/node')).mode & 0o7777).toBe(0o755);
});

/** Of an API server that does not answer. */
function kubeconfig(): object {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: `http://${SERVER}:1` } }],
    users: [{ name: 'u', user: {} }],
  };
}

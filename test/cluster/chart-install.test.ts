import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ControlPlane } from '../servers/control-plane.ts';
import {
  CONTROL_PLANE_START_MS,
  controlPlaneUnavailable,
  startControlPlane,
} from '../servers/control-plane.ts';
import { kubernetesUnavailable } from '../servers/kubernetes-programs.ts';
import { chartPath } from '../support/chart-files.ts';
import { until } from '../support/until.ts';
import { allObjects } from './all-objects.ts';
import type { HelmRun } from './helm.ts';
import { helm, helmBeside, NAMESPACE, valueArgs } from './helm.ts';

const unavailable = controlPlaneUnavailable('controller-manager') ?? kubernetesUnavailable('helm');
const VALUES = valueArgs({ values: ['values-try.yaml'] });
/** Controllers do what follows from an object's end one after the other. */
const LIFE_MS = 300_000;

let plane: ControlPlane;

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

beforeAll(async () => {
  if (unavailable !== undefined) return;
  plane = await startControlPlane({ with: ['controller-manager'] });
  plane.kubectl(['create', 'namespace', NAMESPACE]);
  await until(() => allObjects(plane).includes(`ServiceAccount ${NAMESPACE}/default`));
}, CONTROL_PLANE_START_MS);

afterAll(() => plane?.stop());

const here = (): readonly string[] => ['--kubeconfig', plane.kubeconfigPath, '--namespace', NAMESPACE];
const run = (...args: readonly string[]): HelmRun => helm([...args, ...here()]);
const get = (what: string, path: string): string =>
  plane.kubectl(['-n', NAMESPACE, 'get', ...what.split(' '), '-o', `jsonpath=${path}`]);
const caBundle = (): string =>
  get('mutatingwebhookconfiguration flowtap-webhook', '{.webhooks[0].clientConfig.caBundle}');

/** What the webhook does at run time: certificates into Secrets, the authority into its configuration, its name into the Lease. */
function actAsWebhook(): void {
  const stringData = { 'tls.crt': 'certificate', 'tls.key': 'key', 'ca.crt': 'authority' };
  for (const secret of ['flowtap-authority', 'flowtap-webhook-tls', 'flowtap-enrichment-tls'])
    plane.kubectl(['-n', NAMESPACE, 'patch', 'secret', secret, '-p', JSON.stringify({ stringData })]);
  const value = Buffer.from(AUTHORITY).toString('base64');
  const patch = [{ op: 'add', path: '/webhooks/0/clientConfig/caBundle', value }];
  const configuration = ['mutatingwebhookconfiguration', 'flowtap-webhook'];
  plane.kubectl(['patch', ...configuration, '--type=json', '-p', JSON.stringify(patch)]);
  const lease = JSON.stringify({ spec: { holderIdentity: 'webhook-1', leaseDurationSeconds: 15 } });
  plane.kubectl(['-n', NAMESPACE, 'patch', 'lease', 'flowtap-webhook', '--type=merge', '-p', lease]);
}

const AUTHORITY = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

/** The kubelet's part of `helm test`: the pod ends. */
async function endOfCheck(phase: 'Succeeded' | 'Failed'): Promise<void> {
  await until(() => allObjects(plane).includes(`Pod ${NAMESPACE}/flowtap-check`));
  const status = JSON.stringify({ status: { phase } });
  plane.kubectl(['-n', NAMESPACE, 'patch', 'pod', 'flowtap-check', '--subresource=status', '-p', status]);
}

test(
  'installed, upgraded, tested and removed, it keeps what was written meanwhile, and leaves nothing',
  async () => {
    const before = allObjects(plane);

    const installed = run('install', 'flowtap', chartPath(), ...VALUES);
    expect(installed.stderr).toBe('');
    expect(installed.stdout).toContain('kubectl annotate namespace SHOP flowtap.dev/capture=enabled');
    await until(() => allObjects(plane).filter((each) => each.startsWith('Pod ')).length >= 7);
    const password = get('secret flowtap-postgres', '{.data.password}');
    actAsWebhook();

    const upgraded = run(
      'upgrade',
      'flowtap',
      chartPath(),
      ...VALUES,
      '--set',
      'webhook.replicas=3,logLevel=debug',
    );
    expect(upgraded.stderr).toBe('');
    expect({
      replicas: get('deployment flowtap-webhook', '{.spec.replicas}'),
      password: get('secret flowtap-postgres', '{.data.password}'),
      caBundle: Buffer.from(caBundle(), 'base64').toString(),
      certificate: get('secret flowtap-enrichment-tls', '{.data.tls\\.crt}'),
      holder: get('lease flowtap-webhook', '{.spec.holderIdentity}'),
    }).toEqual({
      replicas: '3',
      password,
      caBundle: AUTHORITY,
      certificate: Buffer.from('certificate').toString('base64'),
      holder: 'webhook-1',
    });

    // Between them, so that they leave nothing, too.
    await testRelease('Failed');
    expect(allObjects(plane).filter((each) => /check/.test(each))).toEqual([
      `Pod ${NAMESPACE}/flowtap-check`,
    ]);
    await testRelease('Succeeded');

    expect(run('uninstall', 'flowtap').succeeded).toBe(true);
    await until(() => allObjects(plane).join('\n') === before.join('\n'));
  },
  LIFE_MS,
);

async function testRelease(phase: 'Succeeded' | 'Failed'): Promise<void> {
  const running = helmBeside(['test', 'flowtap', '--timeout=2m', ...here()]);
  await endOfCheck(phase);
  expect((await running).succeeded).toBe(phase === 'Succeeded');
  await until(() => !allObjects(plane).some((each) => /^(Namespace|Role).*check/.test(each)));
}

test('a release of another name stands beside, in its own namespace', () => {
  plane.kubectl(['create', 'namespace', 'flows']);
  const args = ['--kubeconfig', plane.kubeconfigPath, '--namespace', 'flows'];
  expect(helm(['install', 'flows', chartPath(), ...VALUES, ...args]).stderr).toBe('');
  const names = plane.kubectl(['-n', 'flows', 'get', 'service', '-o', 'jsonpath={.items[*].metadata.name}']);
  expect(names.split(' ').filter((name) => !name.startsWith('flows-flowtap-'))).toEqual([]);
  expect(helm(['uninstall', 'flows', ...args]).succeeded).toBe(true);
});

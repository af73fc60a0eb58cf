import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ApiAnswer } from '../../services/runtime/kubernetes/api-client.ts';
import type { KubernetesConnection } from '../../services/runtime/kubernetes/connect.ts';
import { connectKubernetes } from '../../services/runtime/kubernetes/connect.ts';
import { findIssuer, readCertificates } from '../../services/webhook/tls/certificates.ts';
import { leafData, readLeaf, serviceNames } from '../../services/webhook/tls/leaf-secret.ts';
import { SecretStore } from '../../services/webhook/tls/secret-store.ts';
import {
  patchConfiguration,
  readConfiguration,
  viewConfiguration,
} from '../../services/webhook/tls/webhook-configuration.ts';
import type { ControlPlane } from '../servers/control-plane.ts';
import {
  CONTROL_PLANE_START_MS,
  controlPlaneUnavailable,
  startControlPlane,
} from '../servers/control-plane.ts';
import { until } from '../support/until.ts';
import { RunningReplica } from '../webhook/tls/running-replica.ts';

const SECOND = 1000;
/** An authority has a successor after eight seconds, which signs four seconds later. */
const LIFETIMES = { authorityMs: 20 * SECOND, leafMs: 9 * SECOND, overlapMs: 4 * SECOND };

const NAMESPACE = 'flowtap';
const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const SECRETS = `/api/v1/namespaces/${NAMESPACE}/secrets`;
const OBJECTS = {
  configurationName: 'flowtap',
  webhookNames: ['first.flowtap.dev', 'second.flowtap.dev'],
  authoritySecretName: 'flowtap-authority',
  leaves: [
    {
      secretName: 'flowtap-webhook-tls',
      names: [...serviceNames('flowtap-webhook', NAMESPACE), '127.0.0.1'],
    },
    { secretName: 'flowtap-enrichment-tls', names: serviceNames('flowtap-enrichment', NAMESPACE) },
  ],
};

/** All that the webhook may do for its certificates. */
const RULES = {
  namespaced: [
    { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
    {
      apiGroups: [''],
      resources: ['secrets'],
      resourceNames: [OBJECTS.authoritySecretName, ...OBJECTS.leaves.map(({ secretName }) => secretName)],
      verbs: ['get', 'list', 'watch', 'update'],
    },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['create'] },
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      resourceNames: ['flowtap-webhook'],
      verbs: ['get', 'update'],
    },
  ],
  cluster: [
    {
      apiGroups: ['admissionregistration.k8s.io'],
      resources: ['mutatingwebhookconfigurations'],
      resourceNames: [OBJECTS.configurationName],
      verbs: ['get', 'list', 'watch', 'patch'],
    },
  ],
};

const unavailable = controlPlaneUnavailable();
const always = new AbortController().signal;
let plane: ControlPlane | undefined;
let admin: KubernetesConnection;
let account: KubernetesConnection;
let replicas: readonly RunningReplica[] = [];

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

beforeAll(async () => {
  if (unavailable !== undefined) return;
  plane = await startControlPlane();
  admin = connect(plane.kubeconfigPath);
  for (const name of [NAMESPACE, 'guarded']) await create('/api/v1/namespaces', { metadata: { name } });
  account = connect(await limitedAccount(plane));
  const options = { ...OBJECTS, api: account.api, namespace: NAMESPACE, lifetimes: LIFETIMES };
  replicas = [
    await RunningReplica.listen({ ...options, servedSecretName: 'flowtap-webhook-tls' }),
    await RunningReplica.listen({ ...options, servedSecretName: 'flowtap-webhook-tls' }),
  ];
}, CONTROL_PLANE_START_MS);

afterAll(async () => {
  await Promise.all(replicas.map((replica) => replica.close()));
  account?.api.close();
  admin?.api.close();
  await plane?.stop();
});

function connect(kubeconfig: string): KubernetesConnection {
  return connectKubernetes({ kubeconfig, context: undefined, userAgent: 'test' });
}

async function create(path: string, object: object): Promise<ApiAnswer> {
  const answer = await admin.api.request({ method: 'POST', path, body: object, signal: always });
  expect(answer.body).toMatchObject({ metadata: expect.anything() });
  return answer;
}

/** A kubeconfig of a service account that may do no more than the rules say. */
async function limitedAccount({ server, folder, kubectl }: ControlPlane): Promise<string> {
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const metadata = { name: 'flowtap-webhook' };
  const subjects = [{ kind: 'ServiceAccount', name: 'flowtap-webhook', namespace: NAMESPACE }];
  const role = (kind: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name: 'flowtap-webhook' });
  await create(`/api/v1/namespaces/${NAMESPACE}/serviceaccounts`, { metadata });
  await create(`${rbac}/namespaces/${NAMESPACE}/roles`, { metadata, rules: RULES.namespaced });
  await create(`${rbac}/clusterroles`, { metadata, rules: RULES.cluster });
  await create(`${rbac}/namespaces/${NAMESPACE}/rolebindings`, { metadata, subjects, roleRef: role('Role') });
  await create(`${rbac}/clusterrolebindings`, { metadata, subjects, roleRef: role('ClusterRole') });
  const token = kubectl(['-n', NAMESPACE, 'create', 'token', 'flowtap-webhook']).trim();
  const authority = readFileSync(join(folder, 'certificates', 'ca.crt')).toString('base64');
  const path = join(folder, 'webhook.kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name: 'webhook', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'webhook' } }],
    'current-context': 'test',
  };
  writeFileSync(path, JSON.stringify(config));
  return path;
}

function webhook(name: string, url: string, guarded: string) {
  return {
    ...{ name, clientConfig: { url }, sideEffects: 'None', admissionReviewVersions: ['v1'] },
    ...{ failurePolicy: 'Fail', timeoutSeconds: 5 },
    namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': guarded } },
    rules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }],
  };
}

let made = 0;

/** What the API server says against a ConfigMap where every creation needs both replicas; nothing where it made it. */
async function createGuarded(): Promise<string | undefined> {
  const { status, body } = await admin.api.request({
    ...{ method: 'POST', path: '/api/v1/namespaces/guarded/configmaps', signal: always },
    body: { metadata: { name: `map-${++made}` } },
  });
  return status === 201 ? undefined : String(body?.message);
}

/** Creates one after the other. */
function createAlways(): { stop(): Promise<readonly string[]> } {
  const failures: string[] = [];
  let isStopping = false;
  const working = (async () => {
    while (!isStopping) {
      const failure = await createGuarded();
      if (failure !== undefined) failures.push(failure);
    }
  })();
  return {
    async stop() {
      isStopping = true;
      await working;
      return failures;
    },
  };
}

async function read(path: string) {
  return (await admin.api.request({ path, signal: always })).body;
}

async function caBundles(): Promise<readonly string[]> {
  const { webhooks } = await read(`${CONFIGURATIONS}/flowtap`);
  return webhooks.map(
    ({ clientConfig }: { clientConfig: { caBundle?: string } }) => clientConfig.caBundle ?? '',
  );
}

async function total(name: string, labels?: Readonly<Record<string, string>>): Promise<number> {
  const values = await Promise.all(replicas.map((replica) => replica.value(name, labels)));
  return values.reduce((sum, value) => sum + value, 0);
}

const isLeader = async (replica: RunningReplica): Promise<boolean> =>
  (await replica.value('certificate_leader')) === 1;

test('replicas are ready once there is a configuration that trusts them', async () => {
  for (const [index, replica] of replicas.entries()) replica.start(`replica-${index}`);
  await until(() => replicas.every(({ tls }) => tls.current !== undefined));
  for (const { tls } of replicas)
    expect(tls.readiness()).toBe('the MutatingWebhookConfiguration flowtap does not exist');
  const webhooks = [
    webhook('stranger.example.org', 'https://127.0.0.1:1/', 'nowhere'),
    ...OBJECTS.webhookNames.map((name, index) => webhook(name, replicas[index].url, 'guarded')),
  ];
  const labels = { 'app.kubernetes.io/name': 'flowtap' };
  await create(CONFIGURATIONS, { metadata: { name: 'flowtap', labels }, webhooks });
  await until(() => replicas.every(({ tls }) => tls.readiness() === undefined));
  const [stranger, first, second] = await caBundles();
  expect(stranger).toBe('');
  expect(first).toBe(second);
  // An API server sees the change a moment later.
  await until(async () => (await createGuarded()) === undefined);
});

test('while leaves and authorities are replaced, and another replica leads, not one creation fails', async () => {
  const creating = createAlways();
  const issued = await total('certificates_issued_total');
  const dropped = await total('authority_changes_total', { kind: 'dropped' });
  await until(async () => (await total('authority_changes_total', { kind: 'dropped' })) > dropped);
  const leader = (await isLeader(replicas[0])) ? replicas[0] : replicas[1];
  await leader.stop();
  await until(async () => (await isLeader(replicas[0])) || (await isLeader(replicas[1])));
  leader.start('replica-again');
  await until(async () => (await total('authority_changes_total', { kind: 'dropped' })) > dropped + 1);
  expect(await creating.stop()).toEqual([]);
  // Each server at least once by each authority that came.
  expect(await total('certificates_issued_total')).toBeGreaterThanOrEqual(issued + 4);
  expect(await total('certificates_issued_total', { reason: 'unusable' })).toBe(0);
  for (const { answers } of replicas) expect(answers).toBeGreaterThanOrEqual(made - 1);
  expect(await total('certificate_failures_total', { cause: 'refused' })).toBe(0);
}, 180_000);

test('a caBundle that somebody takes away, or replaces, comes back', async () => {
  for (const caBundle of ['', replaced()]) {
    const before = await total('ca_bundle_patches_total');
    const webhooks = OBJECTS.webhookNames.map((name) => ({ name, clientConfig: { caBundle } }));
    plane!.kubectl([
      'patch',
      'mutatingwebhookconfiguration',
      'flowtap',
      '--type=strategic',
      '-p',
      JSON.stringify({ webhooks }),
    ]);
    await until(async () => (await total('ca_bundle_patches_total')) > before);
    await until(async () => (await createGuarded()) === undefined);
  }
  expect((await caBundles())[0]).toBe('');
});

/** The authority of the test's API server: a certificate, but none of ours. */
function replaced(): string {
  return readFileSync(join(plane!.folder, 'certificates', 'ca.crt')).toString('base64');
}

test('what was read before somebody else wrote is not written', async () => {
  const configuration = await readConfiguration(account.api, 'flowtap', always);
  const secrets = new SecretStore(account.api, NAMESPACE);
  const former = await secrets.read('flowtap-enrichment-tls', always);
  const content = { type: 'kubernetes.io/tls', data: leafData({ certPem: 'a', keyPem: 'b' }, 'c') } as const;
  plane!.kubectl(['label', 'mutatingwebhookconfiguration', 'flowtap', 'changed=yes']);
  plane!.kubectl(['-n', NAMESPACE, 'label', 'secret', 'flowtap-enrichment-tls', 'changed=yes']);
  const { entries } = viewConfiguration(configuration, OBJECTS);
  const patch = { entries, bundlePem: readFileSync(join(plane!.folder, 'certificates', 'ca.crt'), 'utf8') };
  expect(await patchConfiguration(account.api, configuration!, patch, always)).toBe(false);
  for (const version of [former, undefined])
    expect(await secrets.write('flowtap-enrichment-tls', content, version, always)).toBe(false);
});

test('a configuration made anew, as by a new installation, is filled; a Secret that was deleted comes back', async () => {
  const { metadata, webhooks, ...rest } = await read(`${CONFIGURATIONS}/flowtap`);
  const bare = webhooks.map(({ clientConfig: { url }, ...entry }: { clientConfig: { url: string } }) => ({
    ...entry,
    clientConfig: { url },
  }));
  await admin.api.request({ method: 'DELETE', path: `${CONFIGURATIONS}/flowtap`, signal: always });
  await create(CONFIGURATIONS, {
    ...rest,
    metadata: { name: 'flowtap', labels: metadata.labels },
    webhooks: bare,
  });
  await admin.api.request({ method: 'DELETE', path: `${SECRETS}/flowtap-enrichment-tls`, signal: always });
  await until(async () => (await caBundles())[1] !== '');
  await until(async () => (await createGuarded()) === undefined);
  await until(
    async () => readLeaf(await read(`${SECRETS}/flowtap-enrichment-tls`)).certificate !== undefined,
  );
  const leaf = readLeaf(await read(`${SECRETS}/flowtap-enrichment-tls`));
  expect(findIssuer(leaf.certificate!, readCertificates(leaf.bundlePem))).toBeDefined();
  expect(leaf.certificate?.subjectAltName).toContain('DNS:flowtap-enrichment.flowtap.svc,');
});

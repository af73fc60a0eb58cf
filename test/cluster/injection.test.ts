import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runFlowtap } from '../support/flowtap-process.ts';
import { until } from '../support/until.ts';
import { ADDED_CONTAINER, ContainerAdder } from './container-adder.ts';
import { InstalledWebhook, installedWebhookUnavailable } from './installed-webhook.ts';

const START_MS = 300_000;
const WAIT = { timeout: 60_000 };

const unavailable = installedWebhookUnavailable();
const APP = { name: 'app', image: 'app:1', ports: [{ containerPort: 8080 }] };

/** Clusters of which minor, and what a probe is there. */
const CLUSTERS = [
  { cluster: 'this version, with native sidecars', flags: {}, list: 'initContainers', other: 'containers' },
  {
    // The server then takes no `restartPolicy` of an init container, as 1.28 did not.
    cluster: 'one that behaves as 1.31, without native sidecars',
    flags: { 'emulated-version': '1.31', 'feature-gates': 'SidecarContainers=false' },
    list: 'containers',
    other: 'initContainers',
  },
] as const;

// biome-ignore lint/suspicious/noExplicitAny: objects of the API
type KubernetesJson = any;

const namespace = (name: string, annotations: object = {}, labels: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, annotations, labels },
});
const pod = (name: string, spec: object = {}, metadata: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { containers: [APP], ...spec },
});
const workload = (apiVersion: string, kind: string, spec: object = {}): object => {
  const labels = { app: kind.toLowerCase() };
  return {
    apiVersion,
    kind,
    metadata: { name: kind.toLowerCase() },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [APP] } },
      ...spec,
    },
  };
};
const jobSpec = { template: { spec: { containers: [APP], restartPolicy: 'Never' } } };

const nameOf = ({ name }: { name: string }): string => name;
const MIRROR = { 'kubernetes.io/config.mirror': 'x' };
const ENABLED = { 'flowtap.dev/capture': 'enabled' };
const probesOf = (list: readonly { name: string }[] | undefined): KubernetesJson[] =>
  (list ?? []).filter(({ name }) => name === 'flowtap-probe');

describe.each(CLUSTERS)('in $cluster', ({ flags, list, other }) => {
  let webhook: InstalledWebhook;

  beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

  beforeAll(async () => {
    if (unavailable !== undefined) return;
    webhook = new InstalledWebhook(['webhook.settings.FLOWTAP_RECONCILE_INTERVAL=1s']);
    await webhook.start({ versionFlags: flags });
    webhook.create(namespace('shop'));
    webhook.plane.kubectl(['annotate', 'namespace', 'shop', 'flowtap.dev/capture=enabled']);
    webhook.create(namespace('other'));
    for (const name of ['shop', 'other']) await accountOf(name);
  }, START_MS);

  afterAll(() => webhook?.close());

  /** The account that every pod has to have, which a controller makes. */
  const accountOf = (name: string) =>
    until(() => webhook.get('-n', name, 'serviceaccounts').items.length > 0);

  const podsOf = (kind: string): KubernetesJson[] =>
    webhook
      .get('-n', 'shop', 'pods')
      .items.filter(({ metadata }: KubernetesJson) =>
        metadata.ownerReferences?.some((owner: { kind: string }) => owner.kind === kind),
      );

  const expectProbe = (made: KubernetesJson): void => {
    expect(probesOf(made.spec[other])).toEqual([]);
    expect(probesOf(made.spec[list])).toHaveLength(1);
    expect(made.metadata.annotations).toHaveProperty(['flowtap.dev/probe-revision']);
    const [probe] = probesOf(made.spec[list]);
    expect(probe.restartPolicy).toBe(list === 'initContainers' ? 'Always' : undefined);
    expect(probe.securityContext).toMatchObject({
      runAsUser: 65_532,
      runAsNonRoot: true,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'], add: ['NET_RAW'] },
    });
    // The authority that signed enrichment's certificate.
    const value = (name: string) => probe.env.find((entry: { name: string }) => entry.name === name)?.value;
    expect(value('FLOWTAP_CA')).toMatch(/^-----BEGIN CERTIFICATE-----/);
    expect(value('FLOWTAP_OUTPUT')).toBe('https://flowtap-enrichment.flowtap.svc:8443/v1/flows');
    expect(value('FLOWTAP_KNOWN_PORTS')).toBe('8080');
    // The API server mounts the application's own token everywhere else.
    const account = '/var/run/secrets/kubernetes.io/serviceaccount';
    const mounts = probe.volumeMounts.filter(({ mountPath }: KubernetesJson) => mountPath === account);
    expect(mounts).toMatchObject([{ name: 'flowtap-no-account' }]);
    expect(made.spec.containers[0].volumeMounts).toMatchObject([{ mountPath: account }]);
  };

  describe('a pod of a namespace that asks for it has one probe', () => {
    it('made by itself', () => {
      expectProbe(webhook.create(pod('bare'), '-n', 'shop'));
    });

    it.each([
      ['Deployment', 'ReplicaSet', workload('apps/v1', 'Deployment')],
      ['StatefulSet', 'StatefulSet', workload('apps/v1', 'StatefulSet', { serviceName: 'statefulset' })],
      ['DaemonSet', 'DaemonSet', workload('apps/v1', 'DaemonSet')],
    ])('made by a %s', async (_kind, owner, object) => {
      webhook.create(object, '-n', 'shop');
      await expect.poll(() => podsOf(owner).length, WAIT).toBe(1);
      expectProbe(podsOf(owner)[0]);
    });

    it('made by a Job, where sidecars end with it', async () => {
      const job = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'job' }, spec: jobSpec };
      webhook.create(job, '-n', 'shop');
      const made = () => podsOf('Job').filter(({ metadata }) => metadata.name.startsWith('job-'));
      await expect.poll(() => made().length, WAIT).toBe(1);
      if (list === 'initContainers') expectProbe(made()[0]);
      else expect(probesOf(made()[0].spec.containers)).toEqual([]);
    });

    it('made by a CronJob, likewise', async () => {
      const spec = { schedule: '0 0 1 1 *', jobTemplate: { spec: jobSpec } };
      webhook.create(
        { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'cron' }, spec },
        '-n',
        'shop',
      );
      webhook.plane.kubectl(['-n', 'shop', 'create', 'job', 'now', '--from=cronjob/cron']);
      const made = () => podsOf('Job').filter(({ metadata }) => metadata.name.startsWith('now-'));
      await expect.poll(() => made().length, WAIT).toBe(1);
      if (list === 'initContainers') expectProbe(made()[0]);
      else expect(probesOf(made()[0].spec.containers)).toEqual([]);
    });
  });

  describe('a pod has none, and the webhook says why', () => {
    const level = (enforce: string) => ({ 'pod-security.kubernetes.io/enforce': enforce });
    const restricted = {
      containers: [
        {
          ...APP,
          securityContext: {
            allowPrivilegeEscalation: false,
            runAsNonRoot: true,
            runAsUser: 1000,
            capabilities: { drop: ['ALL'] },
            seccompProfile: { type: 'RuntimeDefault' },
          },
        },
      ],
    };

    it.each([
      [
        'opted out by annotation',
        'shop',
        pod('out', {}, { annotations: { 'flowtap.dev/capture': 'disabled' } }),
        'disabled_by_pod',
      ],
      ['asking alone', 'other', pod('in', {}, { annotations: ENABLED }), 'pod_opt_in_not_allowed'],
      [
        'misspelt',
        'shop',
        pod('odd', {}, { annotations: { 'flowtap.dev/capture': 'yes' } }),
        'invalid_setting',
      ],
      ['for Windows', 'shop', pod('win', { os: { name: 'windows' } }), 'windows_pod'],
      ['of nobody who asked', 'other', pod('plain'), 'not_enabled'],
    ])('%s', async (_what, where, object, reason) => {
      const before = await decisionsOf(reason);
      expectUntouched(webhook.create(object, '-n', where));
      expect(await decisionsOf(reason)).toBeGreaterThan(before);
    });

    it.each([
      ['baseline', pod('a')],
      ['restricted', pod('a', restricted)],
    ])('under Pod Security %s, which would refuse it', async (enforce, object) => {
      webhook.create(namespace(`psa-${enforce}`, ENABLED, level(enforce)));
      await accountOf(`psa-${enforce}`);
      const before = await decisionsOf('psa_forbids_net_raw');
      expectUntouched(webhook.create(object, '-n', `psa-${enforce}`));
      expect(await decisionsOf('psa_forbids_net_raw')).toBeGreaterThan(before);
    });

    it.each([
      ['in the network of its node', 'shop', pod('host', { hostNetwork: true })],
      [
        'made from a file',
        'shop',
        pod('static', { nodeName: 'node-a' }, { annotations: { 'kubernetes.io/config.mirror': 'x' } }),
      ],
      ['opted out by label', 'shop', pod('label', {}, { labels: { 'flowtap.dev/capture': 'disabled' } })],
      ['of the system', 'kube-system', pod('system', {}, { annotations: ENABLED })],
    ])('%s: the API server does not even ask', async (_what, where, object) => {
      const before = await allDecisions();
      expectUntouched(webhook.create(object, '-n', where, '--dry-run=server'));
      expect(await allDecisions()).toBe(before);
    });

    const expectUntouched = (made: KubernetesJson): void => {
      expect(probesOf([...made.spec.containers, ...(made.spec.initContainers ?? [])])).toEqual([]);
      expect(made.metadata.annotations ?? {}).not.toHaveProperty(['flowtap.dev/probe-revision']);
    };
  });

  it('a warning and an event tell of what was asked for and cannot be', async () => {
    const deployment = workload('apps/v1', 'Deployment', {
      selector: { matchLabels: { app: 'win' } },
      template: {
        metadata: { labels: { app: 'win' } },
        spec: { os: { name: 'windows' }, containers: [APP] },
      },
    }) as KubernetesJson;
    deployment.metadata.name = 'win';
    webhook.create(deployment, '-n', 'shop');
    const events = (): KubernetesJson[] =>
      webhook
        .get('-n', 'shop', 'events')
        .items.filter(({ reason }: KubernetesJson) => reason === 'FlowtapWindowsPod');
    await expect.poll(() => events().length, WAIT).toBe(1);
    expect(events()[0]).toMatchObject({ type: 'Warning', involvedObject: { kind: 'ReplicaSet' } });
  });

  it('while the webhook is away, pods are made without a probe; then with one again', async () => {
    await webhook.child.stop('SIGKILL');
    const without = webhook.create(pod('while-away'), '-n', 'shop');
    expect(probesOf([...without.spec.containers, ...(without.spec.initContainers ?? [])])).toEqual([]);
    await webhook.startAgain();
    await expect
      .poll(() => probesOf(webhook.create(pod(`again-${Date.now()}`), '-n', 'shop').spec[list]).length, WAIT)
      .toBe(1);
  });

  it.each([
    ['host_network', 'shop', pod('host', { hostNetwork: true })],
    ['mirror_pod', 'shop', pod('file', { nodeName: 'node-a' }, { annotations: MIRROR })],
    ['disabled_by_pod', 'shop', pod('label', {}, { labels: { 'flowtap.dev/capture': 'disabled' } })],
    ['psa_forbids_net_raw', 'psa-baseline', pod('b')],
  ])('why a pod has none is told as long as it is there: %s', async (reason, where, object) => {
    webhook.create(object, '-n', where);
    const told = async (): Promise<number> => {
      const line = new RegExp(`flowtap_webhook_pods\\{state="excluded",reason="${reason}"\\} (\\d+)`);
      return Number(line.exec(await webhook.metrics())?.[1] ?? 0);
    };
    await expect.poll(told, WAIT).toBeGreaterThan(0);
  });

  it('what was made meanwhile is told of, by the one that leads', async () => {
    const missing = async (): Promise<number> => {
      const line = /flowtap_webhook_pods\{state="missing",reason="[^"]*"\} (\d+)/.exec(
        await webhook.metrics(),
      );
      return Number(line?.[1] ?? 0);
    };
    await expect.poll(missing, WAIT).toBeGreaterThan(0);
  });

  it('flowtap check finds the API server, the webhook and the injection well', async () => {
    const { exitCode, stdout } = await runFlowtap(
      ['check', '--only', 'api,webhook,injection', '--namespace', 'shop', '--format', 'json'],
      { env: { KUBECONFIG: webhook.plane.kubeconfigPath, PATH: process.env.PATH ?? '' } },
    );
    const { results }: { results: readonly { check: string; outcome: string }[] } = JSON.parse(stdout);
    expect(results.filter(({ outcome }) => outcome === 'fail')).toEqual([]);
    expect(exitCode).toBe(0);
    expect(results.map(({ check }) => check)).toEqual(
      expect.arrayContaining(['api', 'webhook', 'injection']),
    );
  });

  it('asked again after another webhook has changed the pod, the probe learns of the new ports', async () => {
    const adder = new ContainerAdder();
    webhook.create(await adder.start());
    try {
      const made = (): KubernetesJson =>
        webhook.create(pod(`late-${Date.now()}`, {}, { labels: { add: 'late' } }), '-n', 'shop');
      await expect.poll(() => made().spec.containers.map(nameOf), WAIT).toContain(ADDED_CONTAINER.name);
      const before = await decisionsOf('updated');
      const [probe, ...others] = probesOf(made().spec[list]);
      expect(others).toEqual([]);
      expect(probe.env).toContainEqual({ name: 'FLOWTAP_KNOWN_PORTS', value: '8080,15001' });
      expect(await decisionsOf('updated')).toBe(before + 1);
    } finally {
      webhook.plane.kubectl(['delete', 'mutatingwebhookconfiguration', 'zz-adder']);
      adder.close();
    }
  });

  const decisionsOf = async (reason: string): Promise<number> => {
    const line = new RegExp(`flowtap_webhook_decisions_total\\{reason="${reason}",dry_run="false"\\} (\\d+)`);
    return Number(line.exec(await webhook.metrics())?.[1] ?? 0);
  };
  const allDecisions = async (): Promise<number> =>
    [...(await webhook.metrics()).matchAll(/flowtap_webhook_decisions_total\{.*\} (\d+)/g)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
});

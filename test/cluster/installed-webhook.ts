import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { namespacesUnavailable } from '../integration/namespaces.ts';
import { PodNetwork } from '../integration/pods/pod-network.ts';
import type { ControlPlane, ControlPlaneOptions } from '../servers/control-plane.ts';
import { controlPlaneUnavailable, startControlPlane } from '../servers/control-plane.ts';
import { freePort } from '../servers/free-port.ts';
import { kubernetesProgram, kubernetesUnavailable } from '../servers/kubernetes-programs.ts';
import { makeRunFolder } from '../servers/run-folder.ts';
import { until } from '../support/until.ts';
import { FlowtapChild } from './flowtap-child.ts';
import { PlayedNode } from './played-node.ts';

export const RELEASE = 'flowtap';
/** What the chart has to be told of; nothing here connects to it. */
const ELSEWHERE = [
  'elasticsearch.urls={https://elasticsearch.example:9200}',
  'postgres.url=postgres://flowtap@postgres.example/flowtap',
  'memcached.servers={memcached.example:11211}',
];
/** While kubectl runs, this process does not notice that the server has closed a connection. */
const ANEW = { headers: { connection: 'close' } };
const CHART = join(import.meta.dirname, '../../charts/flowtap');

/** Why it cannot be started here, in a sentence; undefined where it can. */
export function installedWebhookUnavailable(): string | undefined {
  return (
    namespacesUnavailable() ??
    controlPlaneUnavailable('controller-manager', 'scheduler') ??
    kubernetesUnavailable('helm')
  );
}

// biome-ignore lint/suspicious/noExplicitAny: objects of the API
type KubernetesJson = any;

/**
 * The chart, installed by helm into a control plane. There are no kubelets: the webhook runs as a process of this
 * machine, with the settings that the chart gave its Deployment and the rights of its service account, and its pod is
 * reported as running at this machine's address, so that the API server finds it through the Service.
 */
export class InstalledWebhook {
  readonly #network = new PodNetwork();
  readonly #folder = makeRunFolder('webhook');
  readonly #settings: readonly string[];
  plane!: ControlPlane;
  node!: PlayedNode;
  child!: FlowtapChild;
  #adminPort = 0;

  /** @param settings of the chart, as `helm install --set` has them */
  constructor(settings: readonly string[] = []) {
    this.#settings = settings;
  }

  async start(options: Pick<ControlPlaneOptions, 'versionFlags'> = {}): Promise<void> {
    const { machineAddress } = this.#network;
    const components = ['controller-manager', 'scheduler'] as const;
    this.plane = await startControlPlane({ ...options, with: components, address: machineAddress });
    this.node = new PlayedNode(this.plane, 'node-a');
    this.node.join(machineAddress);
    const port = await freePort(machineAddress);
    this.#helmInstall(port);
    await this.#startChild(machineAddress);
    await this.#report(machineAddress);
    await until(() => this.isReady());
    // The API server follows endpoints and configurations by watches of its own.
    await until(() => this.#isCalled());
  }

  get readinessUrl(): string {
    return `http://127.0.0.1:${this.#adminPort}/readyz`;
  }

  async isReady(): Promise<boolean> {
    return await fetch(this.readinessUrl, ANEW).then(
      ({ ok }) => ok,
      () => false,
    );
  }

  /** Starts it again after `child.stop()`. */
  async startAgain(): Promise<void> {
    await this.child.start(() => this.isReady());
  }

  create(object: unknown, ...flags: readonly string[]): KubernetesJson {
    const args = ['create', '-f', '-', '-o', 'json', ...flags];
    return JSON.parse(this.plane.kubectl(args, JSON.stringify(object)));
  }

  get(...args: readonly string[]): KubernetesJson {
    return JSON.parse(this.plane.kubectl(['get', ...args, '-o', 'json']));
  }

  async metrics(): Promise<string> {
    return await (await fetch(this.readinessUrl.replace('readyz', 'metrics'), ANEW)).text();
  }

  async close(): Promise<void> {
    await this.child?.stop('SIGKILL');
    await this.plane?.stop();
    this.#network.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #helmInstall(port: number): void {
    const settings = [...ELSEWHERE, `webhook.port=${port}`, 'webhook.replicas=1', ...this.#settings];
    const args = ['install', RELEASE, CHART, '-n', RELEASE, '--create-namespace'];
    const flags = settings.flatMap((setting) => ['--set', setting]);
    const env = { PATH: process.env.PATH ?? '', HOME: this.#folder, KUBECONFIG: this.plane.kubeconfigPath };
    execFileSync(String(kubernetesProgram('helm')), [...args, ...flags], { env, stdio: 'pipe' });
  }

  /** With the variables that the chart gave the container, and the rights of its service account. */
  async #startChild(address: string): Promise<void> {
    const deployment = this.get('-n', RELEASE, 'deployment', 'flowtap-webhook');
    const { serviceAccountName, containers } = deployment.spec.template.spec;
    const settings = this.get('-n', RELEASE, 'configmap', 'flowtap-probe-settings').data['probe.env'];
    const settingsFile = join(this.#folder, 'probe.env');
    writeFileSync(settingsFile, settings ?? '');
    this.#adminPort = await freePort();
    const given: Readonly<Record<string, string>> = {
      FLOWTAP_ADMIN_LISTEN: `127.0.0.1:${this.#adminPort}`,
      FLOWTAP_LISTEN: `${address}:${containers[0].ports[0].containerPort}`,
      FLOWTAP_PROBE_SETTINGS_FILE: settingsFile,
      FLOWTAP_KUBECONFIG: this.#kubeconfigOf(serviceAccountName),
    };
    const fromChart = containers[0].env
      .filter(({ value }: { value?: string }) => value !== undefined)
      .map(({ name, value }: { name: string; value: string }) => [name, value]);
    this.child = new FlowtapChild(containers[0].args, undefined, {
      ...Object.fromEntries(fromChart),
      ...given,
    });
    await this.child.start(({ log }) => log.includes('admissions are answered'));
  }

  #kubeconfigOf(account: string): string {
    const token = this.plane.kubectl(['-n', RELEASE, 'create', 'token', account, '--duration=24h']).trim();
    const view = JSON.parse(this.plane.kubectl(['config', 'view', '--raw', '-o', 'json']));
    view.users[0].user = { token };
    view.contexts[0].context.namespace = RELEASE;
    const path = join(this.#folder, 'webhook.kubeconfig');
    writeFileSync(path, JSON.stringify(view));
    return path;
  }

  async #report(address: string): Promise<void> {
    const selector = ['-l', 'app.kubernetes.io/component=webhook'];
    const scheduled = (): KubernetesJson[] =>
      this.get('-n', RELEASE, 'pods', ...selector).items.filter(({ spec }: KubernetesJson) => spec.nodeName);
    await until(() => scheduled().length === 1);
    this.node.runPod(RELEASE, scheduled()[0].metadata.name, address);
  }

  /** A namespace that nobody else has, in which a dry run shows whether the API server asks. */
  async #isCalled(): Promise<boolean> {
    const name = 'is-webhook-called';
    const metadata = { name, annotations: { 'flowtap.dev/capture': 'enabled' } };
    this.plane.kubectl(
      ['apply', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata }),
    );
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'pod', namespace: name },
      spec: { containers: [{ name: 'app', image: 'app' }] },
    };
    try {
      const made = this.create(pod, '--dry-run=server');
      return made.metadata.annotations?.['flowtap.dev/probe-revision'] !== undefined;
    } catch {
      // The service account of a new namespace is made a moment later.
      return false;
    }
  }
}

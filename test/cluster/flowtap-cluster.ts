import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { namespacesUnavailable } from '../integration/namespaces.ts';
import type { PodNamespace } from '../integration/pods/pod-network.ts';
import { PodNetwork } from '../integration/pods/pod-network.ts';
import type { ControlPlane } from '../servers/control-plane.ts';
import { controlPlaneUnavailable, startControlPlane } from '../servers/control-plane.ts';
import type { TestElasticsearch } from '../servers/elasticsearch.ts';
import { elasticsearchUnavailable, startElasticsearch } from '../servers/elasticsearch.ts';
import { freePort } from '../servers/free-port.ts';

import type { TestMemcached } from '../servers/memcached.ts';
import { memcachedUnavailable, startMemcached } from '../servers/memcached.ts';
import type { TestPostgres } from '../servers/postgres.ts';
import { postgresUnavailable, startPostgres } from '../servers/postgres.ts';
import { TestAuthority } from '../servers/public-keys.ts';
import { makeRunFolder } from '../servers/run-folder.ts';
import { runFlowtap } from '../support/flowtap-process.ts';
import { ClusterObjects, NAMESPACE, NODE } from './cluster-objects.ts';
import { FlowtapChild } from './flowtap-child.ts';

/** Why all of it cannot be started here, in a sentence; undefined where it can. */
export function flowtapClusterUnavailable(): string | undefined {
  return (
    namespacesUnavailable() ??
    controlPlaneUnavailable() ??
    postgresUnavailable() ??
    memcachedUnavailable() ??
    elasticsearchUnavailable()
  );
}

const CLUSTER = 'test';
const PAGE_DOCUMENTS = 5000;
export const WINDOW_MS = 1000;

export interface ServiceFlags {
  readonly kubeagent?: readonly string[];
  readonly enrichment?: readonly string[];
  /** `none`: there is no resolver. */
  readonly resolver?: readonly string[] | 'none';
}

/** All of flowtap around pods that are network namespaces, with the real servers it needs. */
export class FlowtapCluster {
  readonly network = new PodNetwork();
  readonly folder = makeRunFolder('cluster');
  plane!: ControlPlane;
  objects!: ClusterObjects;
  postgres!: TestPostgres;
  memcached!: TestMemcached;
  elasticsearch!: TestElasticsearch;
  kubeagent!: FlowtapChild;
  resolver!: FlowtapChild;
  enrichment!: FlowtapChild;
  /** `https://…/v1/flows` */
  flowsUrl = '';
  readonly probes = new Map<string, FlowtapChild>();
  readonly #adminPorts = new Map<FlowtapChild, number>();

  /** Servers and the state of the cluster, without flowtap. */
  async startServers(): Promise<void> {
    const { machineAddress, nodeAddress } = this.network;
    [this.plane, this.postgres, this.memcached, this.elasticsearch] = await Promise.all([
      startControlPlane({ address: machineAddress }),
      startPostgres(),
      startMemcached(machineAddress),
      startElasticsearch(),
    ]);
    this.objects = new ClusterObjects(this.plane);
    this.objects.prepare(nodeAddress);
    const setup = ['setup', 'elasticsearch', '--elasticsearch', this.elasticsearch.setupUrl];
    const { exitCode, stderr } = await runFlowtap(setup, { env: { PATH: process.env.PATH ?? '' } });
    if (exitCode !== 0) throw new Error(`flowtap setup elasticsearch: ${stderr}`);
  }

  /** kubeagent, resolver and enrichment, ready; with more flags for some of them. */
  async startServices(flags: ServiceFlags = {}): Promise<void> {
    const port = await freePort(this.network.machineAddress);
    this.flowsUrl = `https://${this.network.machineAddress}:${port}/v1/flows`;
    new TestAuthority(this.folder, 'authority').sign('enrichment', '/CN=enrichment', 'serverAuth', [
      `IP:${this.network.machineAddress}`,
    ]);
    const kubeconfig = ['--kubeconfig', this.plane.kubeconfigPath];
    const postgres = ['--postgres', this.postgres.url];
    const memcached = ['--memcached', this.memcached.address];
    this.kubeagent = await this.#service([
      'kubeagent',
      ...kubeconfig,
      ...postgres,
      '--lease-namespace',
      'default',
      ...(flags.kubeagent ?? []),
    ]);
    const tls = [
      '--tls-cert-file',
      this.#file('enrichment.crt'),
      '--tls-key-file',
      this.#file('enrichment.key'),
    ];
    const listen = ['--listen', `${this.network.machineAddress}:${port}`, ...tls];
    const index = ['--elasticsearch', this.elasticsearch.url];
    const common = [
      ...listen,
      ...kubeconfig,
      ...postgres,
      ...memcached,
      ...index,
      '--cluster',
      CLUSTER,
      '--token-review',
    ];
    this.enrichment = await this.#service(['enrichment', ...common, ...(flags.enrichment ?? [])]);
    const children = [this.kubeagent, this.enrichment];
    if (flags.resolver !== 'none') {
      const nodeConfig = ['--kubeconfig', this.#nodeKubeconfig()];
      const resolver = ['resolver', ...nodeConfig, ...memcached, ...(flags.resolver ?? [])];
      this.resolver = await this.#service(resolver, true);
      children.push(this.resolver);
    }
    for (const child of children) await this.startAgain(child);
  }

  /** Starts a service, again after it was stopped, until it says that it is ready. */
  async startAgain(child: FlowtapChild): Promise<void> {
    const port = this.#adminPorts.get(child);
    const host = child === this.resolver ? this.network.nodeAddress : '127.0.0.1';
    await child.start(async () => (await fetch(`http://${host}:${port}/readyz`)).ok);
  }

  /** A probe in the pod, which delivers with the pod's token. */
  async startProbe(pod: PodNamespace, uid: string, flags: readonly string[] = []): Promise<FlowtapChild> {
    const token = this.#file(`${pod.name}.token`);
    writeFileSync(token, this.objects.token(pod.name));
    const delivery = ['--output', this.flowsUrl, '--token-file', token, '--ca-file', this.authorityFile];
    const identity = [
      ...['--pod-name', pod.name, '--pod-namespace', NAMESPACE, '--pod-uid', uid],
      ...['--pod-ips', `${pod.ipv4},${pod.ipv6}`, '--node-name', NODE],
    ];
    const window = ['--interface', 'eth0', '--window', `${WINDOW_MS}ms`, '--batch-delay', '200ms'];
    const args = ['probe', ...delivery, ...identity, ...window, ...flags];
    const probe = new FlowtapChild(args, pod.namespace);
    this.probes.set(pod.name, probe);
    await this.startProbeAgain(pod.name);
    return probe;
  }

  /** Starts a probe that was stopped or killed, until it captures. */
  async startProbeAgain(podName: string): Promise<void> {
    const probe = this.probes.get(podName)!;
    const logged = probe.log.length;
    await probe.start(({ log }) => log.includes('"message":"capturing"', logged));
  }

  /** Ends the probes, so that they deliver what they have. */
  async stopProbes(): Promise<void> {
    await Promise.all([...this.probes.values()].map((probe) => probe.stop()));
  }

  /** All documents of streams with this name, which may have stars. */
  async documents(streams: string, query: unknown = { match_all: {} }): Promise<readonly FlowDocument[]> {
    await fetch(`${this.elasticsearch.url}/${streams}/_refresh`, { method: 'POST' });
    const hits: { readonly _source: FlowDocument }[] = [];
    let page = await this.#ask(`/${streams}/_search?allow_no_indices=true&scroll=1m`, {
      size: PAGE_DOCUMENTS,
      query,
    });
    while (page.hits.hits.length > 0) {
      hits.push(...page.hits.hits);
      page = await this.#ask('/_search/scroll', { scroll: '1m', scroll_id: page._scroll_id });
    }
    return hits.map((hit) => hit._source);
  }

  /** The certificate of who signed enrichment's. */
  get authorityFile(): string {
    return this.#file('authority.crt');
  }

  async close(): Promise<void> {
    const children = [...this.probes.values(), this.resolver, this.kubeagent, this.enrichment];
    await Promise.all(children.map((child) => child?.stop('SIGKILL')));
    await Promise.all(
      [this.plane, this.postgres, this.memcached, this.elasticsearch].map((server) => server?.stop()),
    );
    this.network.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #ask(path: string, body: unknown): Promise<SearchAnswer> {
    const response = await fetch(`${this.elasticsearch.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(JSON.stringify(answer));
    return answer as SearchAnswer;
  }

  async #service(args: readonly string[], onNode = false): Promise<FlowtapChild> {
    const port = await freePort();
    const host = onNode ? this.network.nodeAddress : '127.0.0.1';
    const allArgs = [...args, '--admin-listen', `${host}:${port}`];
    const child = new FlowtapChild(allArgs, onNode ? this.network.node : undefined);
    this.#adminPorts.set(child, port);
    return child;
  }

  /** As the admin's, with the address at which the node reaches the API server. */
  #nodeKubeconfig(): string {
    const path = this.#file('node.kubeconfig');
    const server = this.plane.server.replace('127.0.0.1', this.network.machineAddress);
    const view = JSON.parse(this.plane.kubectl(['config', 'view', '--raw', '-o', 'json']));
    view.clusters[0].cluster.server = server;
    writeFileSync(path, JSON.stringify(view));
    return path;
  }

  #file(name: string): string {
    mkdirSync(this.folder, { recursive: true });
    return join(this.folder, name);
  }
}

interface SearchAnswer {
  readonly _scroll_id: string;
  readonly hits: { readonly hits: readonly { readonly _source: FlowDocument }[] };
}

/** What the tests read of a document. */
export interface FlowDocument {
  readonly '@timestamp': string;
  readonly network: { readonly community_id: string; readonly transport: string; readonly bytes: number };
  readonly flow: { readonly id: string };
  readonly event: {
    readonly id: string;
    readonly start: string;
    readonly end: string;
    readonly ingested: string;
  };
  /** The pod whose probe sent it. */
  readonly orchestrator: { readonly resource: { readonly name: string } };
  readonly source: DocumentSide;
  readonly destination: DocumentSide;
  readonly flowtap: {
    readonly original?: {
      readonly community_id?: string;
      readonly destination?: { readonly ip?: string; readonly port?: number };
    };
    readonly nat?: { readonly evidence?: string };
    readonly enrichment?: { readonly degraded?: readonly string[] };
    readonly tcp?: Readonly<
      Record<'source' | 'destination', { readonly sequence?: { readonly payload_bytes: number } }>
    >;
    readonly source?: { readonly named_by?: string };
    readonly destination?: { readonly named_by?: string };
  };
}

export interface DocumentSide {
  readonly ip: string;
  readonly port?: number;
  readonly bytes: number;
  readonly packets: number;
  readonly kubernetes?: {
    readonly pod?: {
      readonly name: string;
      readonly namespace: string;
      readonly labels?: Readonly<Record<string, string>>;
    };
    readonly service?: { readonly name: string };
    readonly workload?: { readonly kind: string; readonly name: string };
  };
}

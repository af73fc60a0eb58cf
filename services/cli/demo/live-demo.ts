import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../runtime/clock.ts';
import type { ProgramStart } from '../command-context.ts';
import { aborted } from './aborted.ts';
import { childEnvironment } from './child-environment.ts';
import { DemoChild } from './demo-child.ts';
import type { DemoDocument } from './demo-document.ts';
import { readDemoDocument } from './demo-document.ts';
import type { DemoPod } from './demo-network.ts';
import { DemoNetwork, SERVICE_PORTS } from './demo-network.ts';
import type { DemoPodObject, DemoState } from './demo-objects.ts';
import { DEMO_NAMESPACE, demoPodUid } from './demo-objects.ts';
import { DEMO_FLOWS_PORT, SERVICES_READY } from './demo-state.ts';
import { demoToken } from './demo-tokens.ts';
import { ipCommand } from './ip-command.ts';
import type { Loss } from './probe-losses.ts';
import { probeLosses, sumOfLosses } from './probe-losses.ts';
import { SHOP_READY } from './shop.ts';
import { WEB_READY } from './web.ts';

/** What `flowtap probe` writes when it captures. */
const PROBE_READY = '"message":"capturing"';

const PROBE_FLAGS = [
  '--interface',
  'eth0',
  '--window',
  '2s',
  '--batch-delay',
  '200ms',
  '--heartbeat-interval',
  '2s',
];

/** A customer, and a shop of three pods: two of one version, and a canary of the next. */
const PODS = [
  { name: 'web', app: 'web', version: 'v1' },
  { name: 'shop-1', app: 'shop', version: 'v1' },
  { name: 'shop-2', app: 'shop', version: 'v1' },
  { name: 'shop-3', app: 'shop', version: 'v2' },
] as const;

const TURN_MS = 1000;

export interface LiveRun {
  readonly durationMs: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Called with what the services index, as it comes. */
  readonly onDocuments: (documents: readonly DemoDocument[]) => void;
  readonly onTurn: (leftMs: number) => void;
}

/** A node with pods as network namespaces, a probe in each pod, and all services on the node. */
export class LiveDemo {
  readonly network: DemoNetwork;
  readonly #program: ProgramStart;
  /** Of the tokens. */
  readonly #folder = mkdtempSync(join(tmpdir(), 'flowtap-demo-'));
  readonly #children: DemoChild[] = [];
  readonly #probes: DemoChild[] = [];
  #services!: DemoChild;

  /**
   * Makes the network, starts the services, the shop and the probes. Rejects with an Error that says what failed; then
   * nothing is left.
   *
   * @param pid of this process, for the names of the namespaces
   * @param now in milliseconds since 1970
   */
  static async start(program: ProgramStart, pid: number, now: number): Promise<LiveDemo> {
    const environment = childEnvironment(program.environment);
    const [client, ...backends] = PODS.map(({ name }) => name);
    const network = new DemoNetwork(ipCommand(environment), pid, { clients: [client], backends });
    const demo = new LiveDemo({ ...program, environment }, network);
    try {
      await demo.#startChildren(now);
      return demo;
    } catch (error) {
      await demo.close();
      throw error;
    }
  }

  private constructor(program: ProgramStart, network: DemoNetwork) {
    this.network = network;
    this.#program = program;
  }

  /** Lets the customer visit the shop for a while, and gives what was lost. Rejects when a child fails. */
  async run({ durationMs, signal, clock, onDocuments, onTurn }: LiveRun): Promise<readonly Loss[]> {
    const failed = new AbortController();
    const reading = this.#services.eachBatch((lines) => onDocuments(lines.map(readDemoDocument)));
    reading.catch(() => failed.abort());
    const { clients, backends, serviceAddresses } = this.network;
    const visited = [serviceAddresses, backends[0].addresses].map((addresses) => addresses.join(','));
    const customer = this.#spawn(clients[0].namespace, ['demo-traffic', 'web', ...visited]);
    for (const child of this.#children) void child.ended.then(() => failed.abort());
    const ending = AbortSignal.any([signal, failed.signal]);
    await Promise.race([customer.ready(WEB_READY), aborted(ending)]);
    const endMs = clock.now() + durationMs;
    for (let leftMs = durationMs; leftMs > 0 && !ending.aborted; leftMs = endMs - clock.now()) {
      onTurn(leftMs);
      await clock.sleep(Math.min(leftMs, TURN_MS), ending);
    }
    await customer.stop();
    // The probes see the connections end, and the services take what the probes deliver last.
    await Promise.all(this.#probes.map((probe) => probe.stop()));
    await this.#services.stop();
    await reading;
    const culprit = this.#children.find((child) => child.hasFailed);
    if (culprit !== undefined && !signal.aborted) throw culprit.failure();
    return sumOfLosses(this.#probes.map(({ stderr }) => probeLosses(stderr)));
  }

  /** Ends the children and takes the network away. */
  async close(): Promise<void> {
    try {
      await Promise.all(this.#children.map((child) => child.stop()));
    } finally {
      this.network.close();
      rmSync(this.#folder, { recursive: true, force: true });
    }
  }

  async #startChildren(now: number): Promise<void> {
    const { node, clients, backends } = this.network;
    this.#services = this.#spawn(node, ['demo-services', JSON.stringify(this.#state(now))]);
    const shops = backends.map(({ namespace, addresses }) =>
      this.#spawn(namespace, ['demo-traffic', 'shop', addresses.join(',')]),
    );
    await Promise.all([this.#services.ready(SERVICES_READY), ...shops.map((shop) => shop.ready(SHOP_READY))]);
    this.#probes.push(...[...clients, ...backends].map((pod) => this.#startProbe(pod)));
    await Promise.all(this.#probes.map((probe) => probe.ready(PROBE_READY)));
  }

  #startProbe({ name, namespace, addresses }: DemoPod): DemoChild {
    const token = join(this.#folder, name);
    writeFileSync(token, demoToken(name), { mode: 0o600 });
    const output = `http://${this.network.nodeAddress}:${DEMO_FLOWS_PORT}/v1/flows`;
    const delivery = ['--output', output, '--token-file', token];
    const names = ['--pod-name', name, '--pod-namespace', DEMO_NAMESPACE, '--pod-uid', demoPodUid(name)];
    const identity = [...names, '--pod-ips', addresses.join(','), '--node-name', 'demo-node'];
    return this.#spawn(namespace, ['probe', ...PROBE_FLAGS, ...delivery, ...identity]);
  }

  #state(now: number): DemoState {
    const { clients, backends, serviceAddresses, nodeAddress } = this.network;
    const pods = [...clients, ...backends].map(({ addresses }, index): DemoPodObject => {
      return { ...PODS[index], addresses };
    });
    const service = { name: 'shop', addresses: serviceAddresses, ports: SERVICE_PORTS, pods: pods.slice(1) };
    return { nodeAddress, pods, service, sinceMs: now };
  }

  #spawn(namespace: string, args: readonly string[]): DemoChild {
    const child = new DemoChild(this.#program, namespace, args);
    this.#children.push(child);
    return child;
  }
}

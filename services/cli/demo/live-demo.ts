import type { Clock } from '../../runtime/clock.ts';
import type { ProgramStart } from '../command-context.ts';
import { aborted } from './aborted.ts';
import { childEnvironment } from './child-environment.ts';
import { DemoChild } from './demo-child.ts';
import { DemoNetwork } from './demo-network.ts';
import { ipCommand } from './ip-command.ts';
import type { Loss } from './probe-losses.ts';
import { probeLosses } from './probe-losses.ts';
import type { DemoRecord } from './record-from-ecs.ts';
import { recordFromEcs } from './record-from-ecs.ts';
import { SHOP_READY } from './shop.ts';
import { WEB_READY } from './web.ts';

/** What `flowtap probe` writes when it captures. */
const PROBE_READY = 'Capturing on';

const PROBE_ARGS = ['probe', '--output', 'stdout', '--interface', 'eth0', '--window', '2s'];

const TURN_MS = 1000;

export interface LiveRun {
  readonly durationMs: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Called with the records of a window, or of a part of it. */
  readonly onRecords: (records: readonly DemoRecord[]) => void;
  readonly onTurn: (leftMs: number) => void;
}

/** A shop and its customer in two network namespaces, with a probe beside the customer. */
export class LiveDemo {
  readonly network: DemoNetwork;
  readonly #program: ProgramStart;
  readonly #children: DemoChild[] = [];
  readonly #shop: DemoChild;
  readonly #probe: DemoChild;

  /**
   * Makes the network, opens the shop and starts the probe. Rejects with an Error that says what failed; then nothing
   * is left.
   *
   * @param pid of this process, for the names of the namespaces
   */
  static async start(program: ProgramStart, pid: number): Promise<LiveDemo> {
    const environment = childEnvironment(program.environment);
    const network = new DemoNetwork(ipCommand(environment), pid);
    const demo = new LiveDemo({ ...program, environment }, network);
    try {
      await Promise.all([demo.#shop.ready(SHOP_READY), demo.#probe.ready(PROBE_READY)]);
      return demo;
    } catch (error) {
      await demo.close();
      throw error;
    }
  }

  private constructor(program: ProgramStart, network: DemoNetwork) {
    this.network = network;
    this.#program = program;
    this.#shop = this.#spawn(network.shop, ['demo-traffic', 'shop', ...network.shopAddresses]);
    this.#probe = this.#spawn(network.web, PROBE_ARGS);
  }

  /** Lets the customer visit the shop for a while, and gives what the probe lost. Rejects when a child fails. */
  async run({ durationMs, signal, clock, onRecords, onTurn }: LiveRun): Promise<readonly Loss[]> {
    const failed = new AbortController();
    const reading = this.#probe.eachBatch((lines) => onRecords(lines.map(recordFromEcs)));
    reading.catch(() => failed.abort());
    const customer = this.#spawn(this.network.web, ['demo-traffic', 'web', ...this.network.shopAddresses]);
    for (const child of this.#children) void child.ended.then(() => failed.abort());
    const ending = AbortSignal.any([signal, failed.signal]);
    await Promise.race([customer.ready(WEB_READY), aborted(ending)]);
    const endMs = clock.now() + durationMs;
    for (let leftMs = durationMs; leftMs > 0 && !ending.aborted; leftMs = endMs - clock.now()) {
      onTurn(leftMs);
      await clock.sleep(Math.min(leftMs, TURN_MS), ending);
    }
    await customer.stop();
    // The probe goes last, so that it sees the connections end.
    await this.#probe.stop();
    await reading;
    const culprit = this.#children.find((child) => child.hasFailed);
    if (culprit !== undefined && !signal.aborted) throw culprit.failure();
    return probeLosses(this.#probe.stderr);
  }

  /** Ends the children and takes the network away. */
  async close(): Promise<void> {
    try {
      await Promise.all(this.#children.map((child) => child.stop()));
    } finally {
      this.network.close();
    }
  }

  #spawn(namespace: string, args: readonly string[]): DemoChild {
    const child = new DemoChild(this.#program, namespace, args);
    this.#children.push(child);
    return child;
  }
}

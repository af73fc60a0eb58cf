import { setTimeout as sleep } from 'node:timers/promises';
import type { PodAnswer, PodCall, PodProcess } from '../integration/pods/pod-process.ts';

/** A request that was answered, and between which times. */
export interface SteadyAnswer extends PodAnswer {
  readonly protocol: PodCall['protocol'];
  readonly fromMs: number;
  readonly toMs: number;
}

/** Payload of a request. */
export const REQUEST_BYTES = 200;
/** About 25 requests a second. */
const TURN_CALLS = 5;
const TURN_MS = 200;

/** Requests from a pod to a service, by TCP and UDP in turn, until it is stopped. */
export class SteadyTraffic {
  readonly #caller: PodProcess;
  readonly #ip: string;
  readonly #stopping = new AbortController();
  readonly #answers: SteadyAnswer[] = [];
  readonly #ended: Promise<void>;

  constructor(caller: PodProcess, ip: string) {
    this.#caller = caller;
    this.#ip = ip;
    this.#ended = this.#run();
    this.#ended.catch(() => undefined);
  }

  /** All that was answered, when the last request is. */
  async stop(): Promise<readonly SteadyAnswer[]> {
    this.#stopping.abort();
    await this.#ended;
    return this.#answers;
  }

  async #run(): Promise<void> {
    for (let turn = 0; !this.#stopping.signal.aborted; turn++) {
      const protocol: PodCall['protocol'] = turn % 2 === 0 ? 'tcp' : 'udp';
      const fromMs = Date.now();
      const call = { protocol, ip: this.#ip, port: 80, count: TURN_CALLS, requestBytes: REQUEST_BYTES };
      const answers = await this.#caller.call(call);
      const toMs = Date.now();
      this.#answers.push(...answers.map((answer) => ({ ...answer, protocol, fromMs, toMs })));
      await sleep(Math.max(0, TURN_MS - (toMs - fromMs)));
    }
  }
}

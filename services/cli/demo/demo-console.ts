import { CONSOLE_METRICS } from '../../console/console-metrics.ts';
import { MemoryFlowSource } from '../../console/memory/memory-flow-source.ts';
import type { RunningConsole } from '../../console/start-console.ts';
import { startConsole } from '../../console/start-console.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { ListenAddress } from '../../runtime/listen-address.ts';
import { formatAddress } from '../../runtime/listen-address.ts';
import type { Logger } from '../../runtime/logger.ts';
import { MetricRegistry } from '../../runtime/metrics.ts';
import type { DemoDocument } from './demo-document.ts';

const MAX_DOCUMENTS = 10_000;
const MAX_QUESTIONS = 8;
const TIMEOUT_MS = 10_000;
const GRACE_MS = 500;

const REFRESH_SECONDS = 5;

/** So long after its last question a page is taken to be closed. */
const LOOKED_AT_MS = 15_000;
const LOOK_EVERY_MS = 250;

export interface DemoConsoleOptions {
  readonly address: ListenAddress;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The console over the documents of the demo, in memory. */
export class DemoConsole {
  readonly #source = new MemoryFlowSource(MAX_DOCUMENTS);
  readonly #clock: Clock;
  #running!: RunningConsole;
  #lastQuestionMs = Number.NEGATIVE_INFINITY;

  /** Throws a FlowtapError LISTEN_FAILED. */
  static async start({ address, version, clock, log }: DemoConsoleOptions): Promise<DemoConsole> {
    const started = new DemoConsole(clock);
    started.#running = await startConsole({
      address,
      source: started.#source,
      about: { version, source: 'this demo, in memory', last: 'all', refresh: String(REFRESH_SECONDS) },
      access: { password: undefined, allowAnonymous: false },
      maxQuestions: MAX_QUESTIONS,
      timeoutMs: TIMEOUT_MS,
      metrics: new MetricRegistry().define(CONSOLE_METRICS),
      graceMs: GRACE_MS,
      ...{ clock, log },
      onQuestion: () => {
        started.#lastQuestionMs = clock.now();
      },
    });
    return started;
  }

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  get url(): string {
    return `http://${formatAddress(this.#running.address)}/`;
  }

  add(documents: readonly DemoDocument[]): void {
    for (const { stream, body } of documents) this.#source.add(stream, JSON.parse(body));
  }

  /** Somebody has the page open. */
  get isLookedAt(): boolean {
    return this.#clock.now() - this.#lastQuestionMs < LOOKED_AT_MS;
  }

  /** Resolves when nobody looks any more, or the signal aborts. */
  async whileLookedAt(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.isLookedAt) await this.#clock.sleep(LOOK_EVERY_MS, signal);
  }

  close(): Promise<void> {
    return this.#running.close();
  }
}

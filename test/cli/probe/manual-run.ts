import { runProbe } from '../../../services/cli/probe/run-probe.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { ManualSource } from '../../fakes/manual-source.ts';
import { BASE_MS, TestMeter } from '../../fixtures/test-meter.ts';

export interface ManualRunOptions {
  readonly delayMs?: number;
  readonly windowMs: number;
  readonly sweepRows?: number;
  readonly handOn?: (run: ManualRun) => Promise<void>;
  readonly signal?: AbortSignal;
}

/** `runProbe` with a source, a clock and an output that a test moves. Times are milliseconds since BASE_MS. */
export class ManualRun {
  readonly clock = new ManualClock(BASE_MS);
  readonly source: ManualSource;
  readonly ended: Promise<void>;
  /** How often records were handed on, and how many there were at each time. */
  readonly handedOn: number[] = [];
  /** How often memory was released. */
  releases = 0;
  readonly #ending = new AbortController();
  readonly #test: TestMeter;

  private constructor(options: ManualRunOptions) {
    const { windowMs, sweepRows } = options;
    this.source = new ManualSource(options.delayMs ?? 0);
    this.#test = new TestMeter({ windowMs, ...(sweepRows === undefined ? {} : { sweepRows }) });
    const { signal } = this.#ending;
    this.ended = runProbe({
      source: this.source,
      meter: this.#test.meter,
      signal: options.signal === undefined ? signal : AbortSignal.any([signal, options.signal]),
      now: () => this.clock.now(),
      handOn: async () => {
        this.handedOn.push(this.#test.recorded.length);
        await options.handOn?.(this);
      },
      onHealth: () => undefined,
      releaseMemory: () => {
        this.releases++;
      },
    });
  }

  static async start(options: ManualRunOptions): Promise<ManualRun> {
    const run = new ManualRun(options);
    await run.source.started;
    return run;
  }

  get meter(): TestMeter['meter'] {
    return this.#test.meter;
  }

  /** The records so far. */
  get texts(): string[] {
    return this.#test.texts;
  }

  /** Moves the clock there, and lets the source take a turn. */
  turnAt(ms: number): void {
    this.clock.advance(BASE_MS + ms - this.clock.now());
    this.source.turn();
  }

  abort(): void {
    this.#ending.abort();
  }

  /** Aborts, and waits until every flow has told its last. */
  async end(): Promise<void> {
    this.abort();
    await this.ended;
  }
}

import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import { FlowtapError } from '../../runtime/errors.ts';
import type { IgnoredEndpoint } from './except-endpoints.ts';
import type { CaptureHealth, PacketSource, SourceRun, SourceStatistics } from './packet-source.ts';
import { TURN_TIMEOUT_MS } from './packet-source.ts';

const RETRY_MS = 1000;
/** A capability does not come to a process that runs; an interface or memory may. */
const MAX_RETRY_MS = 60_000;

const NO_STATISTICS: SourceStatistics = {
  frames: 0,
  unsupportedLink: 0,
  kernelReceived: undefined,
  kernelDrops: undefined,
  kernelFreezes: undefined,
  segmentOffload: 'none',
  interfaces: [],
};

export interface RestartingSourceOptions {
  readonly open: () => Promise<PacketSource>;
  /** Sources that are opened can leave endpoints out. */
  readonly canIgnoreEndpoints: boolean;
  readonly clock: Clock;
}

/**
 * A capture that cannot start, or breaks, and is opened anew after a while: to whoever runs it, it goes on without packets.
 * What is no FlowtapError is a mistake in the program, and ends it.
 */
export class RestartingSource implements PacketSource {
  readonly ignoreEndpoints?: (endpoints: readonly IgnoredEndpoint[]) => void;
  readonly #options: RestartingSourceOptions;
  readonly #backoff = new Backoff(RETRY_MS, MAX_RETRY_MS);
  #source: PacketSource | undefined;
  #ignored: readonly IgnoredEndpoint[] = [];
  /** Of sources that are closed. */
  #past = NO_STATISTICS;
  #health: CaptureHealth = { failures: 0, failure: undefined };

  private constructor(options: RestartingSourceOptions) {
    this.#options = options;
    if (!options.canIgnoreEndpoints) return;
    this.ignoreEndpoints = (endpoints) => {
      this.#ignored = endpoints;
      this.#source?.ignoreEndpoints?.(endpoints);
    };
  }

  /** Tries once; `health` says how that went. */
  static async start(options: RestartingSourceOptions): Promise<RestartingSource> {
    const source = new RestartingSource(options);
    await source.#open();
    return source;
  }

  get health(): CaptureHealth {
    return this.#health;
  }

  get statistics(): SourceStatistics {
    return this.#source === undefined ? this.#past : sumOf(this.#past, this.#source.statistics);
  }

  get deliveryDelayMs(): number {
    return this.#source?.deliveryDelayMs ?? 0;
  }

  async run(run: SourceRun): Promise<void> {
    while (!run.signal.aborted) {
      run.onHealth?.(this.#health);
      if (this.#source !== undefined) await this.#runSource(this.#source, run);
      else {
        await this.#pause(run);
        if (!run.signal.aborted) await this.#open();
      }
    }
    run.onTurn(run.now());
  }

  close(): void {
    this.#source?.close();
    this.#source = undefined;
  }

  async #open(): Promise<void> {
    try {
      const source = await this.#options.open();
      source.ignoreEndpoints?.(this.#ignored);
      this.#source = source;
      this.#health = { ...this.#health, failure: undefined };
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Until the signal, or until the source fails. */
  async #runSource(source: PacketSource, run: SourceRun): Promise<void> {
    const startMs = run.now();
    try {
      await source.run(run);
      // What ends as it should keeps what it knows, as every source does.
      if (run.signal.aborted) return;
      throw new FlowtapError('SYSTEM_CALL_FAILED', 'capture', 'Capturing ended by itself.');
    } catch (error) {
      this.#failed(error);
      if (Math.abs(run.now() - startMs) > MAX_RETRY_MS) this.#backoff.reset();
    }
    this.#past = { ...this.statistics, interfaces: [] };
    this.close();
  }

  #failed(error: unknown): void {
    if (!(error instanceof FlowtapError)) throw error;
    this.#health = { failures: this.#health.failures + 1, failure: error };
  }

  /** Windows end meanwhile. */
  async #pause({ signal, onTurn, now }: SourceRun): Promise<void> {
    for (let leftMs = this.#backoff.next(); leftMs > 0 && !signal.aborted; leftMs -= TURN_TIMEOUT_MS) {
      await this.#options.clock.sleep(Math.min(leftMs, TURN_TIMEOUT_MS), signal);
      onTurn(now());
    }
  }
}

/** The counts of both, and what the second says of the present. */
function sumOf(past: SourceStatistics, present: SourceStatistics): SourceStatistics {
  return {
    ...present,
    frames: past.frames + present.frames,
    unsupportedLink: past.unsupportedLink + present.unsupportedLink,
    kernelReceived: sum(past.kernelReceived, present.kernelReceived),
    kernelDrops: sum(past.kernelDrops, present.kernelDrops),
    kernelFreezes: sum(past.kernelFreezes, present.kernelFreezes),
  };
}

/** Unknown where neither is known. */
function sum(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined && other === undefined ? undefined : (one ?? 0) + (other ?? 0);
}

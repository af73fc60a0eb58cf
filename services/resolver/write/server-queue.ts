import { Backoff } from '../../runtime/backoff.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Cache, CacheEntry } from '../../runtime/memcached/cache.ts';

/** What waits to be written: the latest word on a key. */
interface Pending {
  readonly entry: CacheEntry;
  readonly sinceMs: number;
}

export interface QueueObserver {
  /** Written, `lagMs` after it was put. */
  written(lagMs: number): void;
  /** Not taken by the server; it will be tried again. */
  failed(entries: number): void;
  /** Fell out because too much waited. */
  dropped(entries: number): void;
}

export interface ServerQueueOptions {
  readonly cache: Cache;
  readonly clock: Clock;
  readonly maxEntries: number;
  readonly observer: QueueObserver;
  /** Called when the server takes entries again after some were dropped: what lives is to be written anew. */
  readonly onGap: () => void;
}

const BATCH_ENTRIES = 1000;
const RETRY_MS = 100;
const MAX_RETRY_MS = 1000;

/** What waits for one memcached server. A newer word on a key replaces the older one; too much, and the oldest goes. */
export class ServerQueue {
  readonly #options: ServerQueueOptions;
  readonly #backoff = new Backoff(RETRY_MS, MAX_RETRY_MS);
  /** Oldest first. */
  #pending = new Map<string, Pending>();
  #underWay = 0;
  #hasGap = false;
  #isStuck = false;
  #wake: () => void = () => undefined;

  constructor(options: ServerQueueOptions) {
    this.#options = options;
  }

  /** How many entries wait or are under way. */
  get length(): number {
    return this.#pending.size + this.#underWay;
  }

  /** Whether the server took nothing of the latest batch: waiting for room would be waiting for the server. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  put(entry: CacheEntry): void {
    this.#pending.delete(entry.key);
    this.#pending.set(entry.key, { entry, sinceMs: this.#options.clock.now() });
    this.#bound();
    this.#wake();
  }

  /** Writes until the signal is aborted; what waits then is still there. */
  async run(signal: AbortSignal): Promise<void> {
    const wake = (): void => this.#wake();
    signal.addEventListener('abort', wake);
    try {
      while (!signal.aborted) {
        if (this.#pending.size === 0) await this.#somethingToDo(signal);
        else if (!(await this.#writeBatch())) await this.#options.clock.sleep(this.#backoff.next(), signal);
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  /** After `run` has ended: writes what is left, until the signal is aborted or the server does not take it. */
  async drain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.#pending.size > 0) {
      if (!(await this.#writeBatch())) return;
    }
  }

  /** Whether the server took any of it. */
  async #writeBatch(): Promise<boolean> {
    const { cache, clock, observer } = this.#options;
    const batch = this.#take();
    const answers = await cache.setMany(batch.map(({ entry }) => entry));
    this.#underWay = 0;
    const nowMs = clock.now();
    const failed = batch.filter((_pending, index) => answers[index] !== true);
    for (let index = 0; index < batch.length; index++) {
      if (answers[index] === true) observer.written(nowMs - batch[index].sinceMs);
    }
    this.#isStuck = failed.length === batch.length;
    if (failed.length > 0) {
      observer.failed(failed.length);
      this.#putBack(failed);
    }
    if (this.#isStuck) return false;
    this.#backoff.reset();
    if (this.#hasGap) {
      this.#hasGap = false;
      this.#options.onGap();
    }
    return true;
  }

  #take(): readonly Pending[] {
    const batch: Pending[] = [];
    for (const [key, pending] of this.#pending) {
      this.#pending.delete(key);
      if (batch.push(pending) === BATCH_ENTRIES) break;
    }
    this.#underWay = batch.length;
    return batch;
  }

  /** Before what has come meanwhile, which is newer where it is of the same key. */
  #putBack(failed: readonly Pending[]): void {
    const newer = this.#pending;
    const older = failed.filter(({ entry }) => !newer.has(entry.key));
    this.#pending = new Map([...older.map((pending) => [pending.entry.key, pending] as const), ...newer]);
    this.#bound();
  }

  #bound(): void {
    let dropped = 0;
    for (const key of this.#pending.keys()) {
      if (this.#pending.size <= this.#options.maxEntries) break;
      this.#pending.delete(key);
      dropped++;
    }
    if (dropped === 0) return;
    this.#hasGap = true;
    this.#options.observer.dropped(dropped);
  }

  #somethingToDo(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = () => undefined;
        resolve();
      };
      if (signal.aborted || this.#pending.size > 0) this.#wake();
    });
  }
}

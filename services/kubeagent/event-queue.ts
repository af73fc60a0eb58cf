import type { ObjectEvent } from '../runtime/kubernetes/object-source.ts';
import type { ResourceKind } from '../runtime/kubernetes/resource-kind.ts';

export interface QueuedEvent {
  readonly resource: ResourceKind;
  readonly event: ObjectEvent;
  readonly atMs: number;
}

/** Events of all kinds between their watches and the database. Whoever adds waits while it is full. */
export class EventQueue {
  readonly #maxEvents: number;
  readonly #events: QueuedEvent[] = [];
  #hasSpace: PromiseWithResolvers<void> | undefined;
  #hasEvents: PromiseWithResolvers<void> | undefined;

  constructor(maxEvents: number) {
    this.#maxEvents = maxEvents;
  }

  get length(): number {
    return this.#events.length;
  }

  /** When the event that waits longest came. */
  get oldestMs(): number | undefined {
    return this.#events[0]?.atMs;
  }

  /** Resolves when there is room for more, or when the signal is aborted. */
  async add(event: QueuedEvent, signal: AbortSignal): Promise<void> {
    this.#events.push(event);
    this.#hasEvents?.resolve();
    while (this.#events.length >= this.#maxEvents && !signal.aborted) {
      this.#hasSpace ??= Promise.withResolvers();
      await this.#orAborted(this.#hasSpace.promise, signal);
    }
  }

  /** The next events, at least one and at most `most`; a whole list always comes alone. None when the signal is aborted. */
  async next(most: number, signal: AbortSignal): Promise<readonly QueuedEvent[]> {
    while (this.#events.length === 0 && !signal.aborted) {
      this.#hasEvents = Promise.withResolvers();
      await this.#orAborted(this.#hasEvents.promise, signal);
    }
    const list = this.#events.findIndex(({ event }) => event.type === 'replace');
    const end = list < 0 ? most : Math.min(most, Math.max(list, 1));
    return this.#events.slice(0, end);
  }

  /** Takes away what `next` gave. */
  remove(count: number): void {
    this.#events.splice(0, count);
    this.#hasSpace?.resolve();
    this.#hasSpace = undefined;
  }

  async #orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<void>();
    const stop = (): void => aborted.resolve();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) return;
    await Promise.race([promise, aborted.promise]);
    signal.removeEventListener('abort', stop);
  }
}

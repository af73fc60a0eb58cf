import type { Address } from '../locate/address.ts';
import type { DescribedIdentity } from './described-identity.ts';
import type { Span } from './identity-spans.ts';
import { spanAt } from './identity-spans.ts';

/** An address of a batch, the times for which its owner is wanted, and what is known of them. */
export class BatchAddress {
  readonly address: Address;
  fromMs: number;
  toMs: number;
  spans: readonly Span[] = [];
  /** Times at which nobody is known to have had it. */
  readonly misses: number[] = [];
  /** Among them those at which it may have been one of several, or only the one that is given. */
  readonly #doubts = new Map<number, DescribedIdentity | undefined>();

  constructor(address: Address, fromMs: number, toMs: number) {
    this.address = address;
    this.fromMs = fromMs;
    this.toMs = toMs;
  }

  widen(fromMs: number, toMs: number): void {
    if (fromMs < this.fromMs) this.fromMs = fromMs;
    if (toMs > this.toMs) this.toMs = toMs;
  }

  /** Nobody is known for sure. @param possible the only one that may have had it */
  doubt(atMs: number, possible: DescribedIdentity | undefined): void {
    this.misses.push(atMs);
    this.#doubts.set(atMs, possible);
  }

  isAnswered(atMs: number): boolean {
    return spanAt(this.spans, atMs) !== undefined || this.misses.includes(atMs);
  }

  /** Nobody had it, or one and the same all the time. */
  get isSimple(): boolean {
    const { spans } = this;
    if (spans.length === 0) return true;
    const last = spans[spans.length - 1];
    return last.fromMs <= this.fromMs && this.toMs < last.untilMs;
  }

  /**
   * The one owner of a record's first and last packet. At one of the two it may not be known who had the address, as the
   * store learns of a pod a little after its first packets; but nobody else may have had it then, as far as is known.
   */
  holder(startMs: number, endMs: number): DescribedIdentity | 'changed' | undefined {
    const { spans } = this;
    if (spans.length === 0) return undefined;
    const atEnd = spanAt(spans, endMs);
    if (atEnd !== undefined && atEnd.fromMs <= startMs) return atEnd.value;
    const atStart = spanAt(spans, startMs);
    if (atEnd === undefined) return this.#unlessAnothers(endMs, atStart?.value);
    if (atStart === undefined) return this.#unlessAnothers(startMs, atEnd.value);
    return atStart.value.owner === atEnd.value.owner ? atEnd.value : 'changed';
  }

  #unlessAnothers(atMs: number, owner: DescribedIdentity | undefined): DescribedIdentity | undefined {
    if (!this.isAnswered(atMs)) return undefined;
    if (!this.#doubts.has(atMs) || this.#doubts.get(atMs)?.owner === owner?.owner) return owner;
    return undefined;
  }
}

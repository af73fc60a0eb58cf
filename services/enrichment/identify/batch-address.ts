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
  /** Among them those at which it may have been one of several. */
  readonly contested: number[] = [];

  constructor(address: Address, fromMs: number, toMs: number) {
    this.address = address;
    this.fromMs = fromMs;
    this.toMs = toMs;
  }

  widen(fromMs: number, toMs: number): void {
    if (fromMs < this.fromMs) this.fromMs = fromMs;
    if (toMs > this.toMs) this.toMs = toMs;
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
    if (atEnd === undefined) return this.#isNobodyElses(endMs) ? atStart?.value : undefined;
    if (atStart === undefined) return this.#isNobodyElses(startMs) ? atEnd.value : undefined;
    return atStart.value.owner === atEnd.value.owner ? atEnd.value : 'changed';
  }

  #isNobodyElses(atMs: number): boolean {
    return this.isAnswered(atMs) && !this.contested.includes(atMs);
  }
}

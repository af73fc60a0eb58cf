/** Waits between attempts: each about twice the last one, up to a bound, spread so that many do not come at once. */
export class Backoff {
  readonly #firstMs: number;
  readonly #maxMs: number;
  #nextMs: number;

  constructor(firstMs: number, maxMs: number) {
    this.#firstMs = firstMs;
    this.#maxMs = maxMs;
    this.#nextMs = firstMs;
  }

  /** How long to wait now: between half and all of the step. */
  next(): number {
    const stepMs = this.#nextMs;
    this.#nextMs = Math.min(this.#maxMs, stepMs * 2);
    return stepMs * (0.5 + Math.random() / 2);
  }

  /** After a success. */
  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}

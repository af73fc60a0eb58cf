/** Bytes that one request has of the budget. */
export interface Reservation {
  readonly bytes: number;
  /** Takes as many more as are missing to `bytes`; false, and nothing taken, where the budget has no room. */
  growTo(bytes: number): boolean;
  /** Gives back what is beyond `bytes`. */
  shrinkTo(bytes: number): void;
  /** Gives all back. May be called twice. */
  release(): void;
}

/** The budget of bytes that have been received and whose documents are not yet in the index. */
export class InFlightBytes {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Undefined where the budget has no room for so many. */
  reserve(bytes: number): Reservation | undefined {
    let held = 0;
    const change = (to: number): void => {
      this.#bytes += to - held;
      held = to;
    };
    const reservation: Reservation = {
      get bytes() {
        return held;
      },
      growTo: (wanted) => {
        if (wanted <= held) return true;
        if (this.#bytes + wanted - held > this.#maxBytes) return false;
        change(wanted);
        return true;
      },
      shrinkTo: (wanted) => {
        if (wanted < held) change(wanted);
      },
      release: () => change(0),
    };
    return reservation.growTo(bytes) ? reservation : undefined;
  }
}

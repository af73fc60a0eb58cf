/** The last second of a 32-bit time stamp. */
const MAX_SECONDS = 2 ** 32 - 1;

/** A span of time aligned to the wall clock, so that the windows of two probes are the same. */
export class Window {
  isOpen = false;
  startMs = 0;
  endMs = 0;
  readonly lengthMs: number;
  #startSeconds = 0;
  #startNanoseconds = 0;
  #endSeconds = 0;
  #endNanoseconds = 0;

  constructor(lengthMs: number) {
    this.lengthMs = lengthMs;
    // Milliseconds outgrow 2^31, which changes the object's shape: better now than under compiled code.
    this.openAt(MAX_SECONDS, 0);
    this.isOpen = false;
  }

  /** Becomes the same span as another window. */
  copy(other: Window): void {
    this.openAt(Math.floor(other.startMs / 1000), (other.startMs % 1000) * 1e6);
  }

  /** Moves to the window that holds this time. */
  openAt(seconds: number, nanoseconds: number): void {
    const ms = seconds * 1000 + Math.floor(nanoseconds / 1e6);
    this.isOpen = true;
    this.startMs = Math.floor(ms / this.lengthMs) * this.lengthMs;
    this.endMs = this.startMs + this.lengthMs;
    this.#startSeconds = Math.floor(this.startMs / 1000);
    this.#startNanoseconds = (this.startMs % 1000) * 1e6;
    this.#endSeconds = Math.floor(this.endMs / 1000);
    this.#endNanoseconds = (this.endMs % 1000) * 1e6;
  }

  holds(seconds: number, nanoseconds: number): boolean {
    // Most packets are of a whole second within.
    const isWithin = seconds > this.#startSeconds && seconds < this.#endSeconds;
    return (
      this.isOpen &&
      (isWithin || !(this.isBefore(seconds, nanoseconds) || this.isAfter(seconds, nanoseconds)))
    );
  }

  /** Whether the time lies before an open window. */
  isBefore(seconds: number, nanoseconds: number): boolean {
    const start = this.#startSeconds;
    return this.isOpen && (seconds < start || (seconds === start && nanoseconds < this.#startNanoseconds));
  }

  /** Whether the time lies more than a window's length before an open window: the clock was set back. */
  isFarBefore(ms: number): boolean {
    return this.isOpen && ms < this.startMs - this.lengthMs;
  }

  isAfter(seconds: number, nanoseconds: number): boolean {
    return (
      seconds > this.#endSeconds || (seconds === this.#endSeconds && nanoseconds >= this.#endNanoseconds)
    );
  }
}

const TWO_TO_32 = 0x1_0000_0000;
const MAX_SECONDS = TWO_TO_32 - 1;
const DEFAULT_RESOLUTION = 6;

/** if_tsresol, draft-ietf-opsawg-pcapng section 4.2: the high bit says that the unit is a power of two. */
const IS_POWER_OF_TWO = 0x80;
const MAX_POWER_OF_TWO = 63;
const MAX_POWER_OF_TEN = 19;

/** 10^9 is 2^9 times this; the odd factor keeps products below 2^53. */
const NANOSECONDS_ODD_FACTOR = 1_953_125;

/** True for the resolutions in which a second fits into 64 bits. */
export function isTimestampResolution(resolution: number): boolean {
  const exponent = resolution & ~IS_POWER_OF_TWO;
  return exponent <= ((resolution & IS_POWER_OF_TWO) !== 0 ? MAX_POWER_OF_TWO : MAX_POWER_OF_TEN);
}

/**
 * Turns the 64-bit time stamps of one pcapng interface into seconds and nanoseconds, exactly and without BigInt,
 * which would allocate for each packet. Every step works on integers below 2^53.
 */
export class TimestampScale {
  /** Since 1970, 0 to 2^32 - 1; times outside are held at the nearer end. */
  seconds = 0;
  nanoseconds = 0;
  readonly #isPowerOfTwo: boolean;
  readonly #exponent: number;
  readonly #offsetSeconds: number;
  /** Above 1 where the unit is finer than a nanosecond; what is left then has 10^9 to the second. */
  readonly #unitsPerNanosecond: number;
  readonly #unitsPerSecond: number;
  readonly #nanosecondsPerUnit: number;
  /** The start of the second last seen, as halves of a time stamp; the lower one is negative where it borrows. */
  #secondHigh = -1;
  #secondLow = 0;

  /**
   * @param resolution if_tsresol as it stands in the file, see `isTimestampResolution`
   * @param offsetSeconds if_tsoffset
   */
  constructor(resolution = DEFAULT_RESOLUTION, offsetSeconds = 0) {
    const exponent = resolution & ~IS_POWER_OF_TWO;
    this.#isPowerOfTwo = (resolution & IS_POWER_OF_TWO) !== 0;
    this.#exponent = exponent;
    this.#offsetSeconds = offsetSeconds;
    this.#unitsPerNanosecond = 10 ** Math.max(exponent - 9, 0);
    this.#unitsPerSecond = 10 ** Math.min(exponent, 9);
    this.#nanosecondsPerUnit = 10 ** Math.max(9 - exponent, 0);
  }

  /** Sets `seconds` and `nanoseconds` from the time stamp at `offset`: its upper 32 bits, then its lower. */
  read(view: DataView, offset: number, littleEndian: boolean): void {
    const high = view.getUint32(offset, littleEndian);
    const low = view.getUint32(offset + 4, littleEndian);
    const elapsed = low - this.#secondLow;
    if (high === this.#secondHigh && elapsed >= 0 && elapsed < this.#unitsPerSecond) {
      this.nanoseconds = elapsed * this.#nanosecondsPerUnit;
    } else this.#convert(high, low);
  }

  #convert(high: number, low: number): void {
    this.#secondHigh = -1;
    if (!this.#isPowerOfTwo) this.#convertDecimal(high, low);
    else if (this.#exponent <= 32) this.#convertCoarseBinary(high, low);
    else this.#convertFineBinary(high, low);
    this.seconds = Math.max(0, Math.min(this.seconds + this.#offsetSeconds, MAX_SECONDS));
  }

  #convertDecimal(high: number, low: number): void {
    if (this.#unitsPerNanosecond > 1) {
      this.#convertFineDecimal(high, low);
      return;
    }
    this.#divideIntoSeconds(high, low);
    // Most time stamps lie in the same second as the one before, and then need no division.
    this.#secondHigh = high;
    this.#secondLow = low - this.nanoseconds / this.#nanosecondsPerUnit;
  }

  /** Divides by the units of a nanosecond first, then as if they had been nanoseconds. */
  #convertFineDecimal(high: number, low: number): void {
    const divisor = this.#unitsPerNanosecond;
    const quotientHigh = Math.floor(high / divisor);
    const middle = (high - quotientHigh * divisor) * 65_536 + (low >>> 16);
    const quotientMiddle = Math.floor(middle / divisor);
    const last = (middle - quotientMiddle * divisor) * 65_536 + (low & 0xffff);
    this.#divideIntoSeconds(quotientHigh, quotientMiddle * 65_536 + Math.floor(last / divisor));
  }

  /** Long division in digits of 16 bits; the divisor is below 2^37. */
  #divideIntoSeconds(high: number, low: number): void {
    const divisor = this.#unitsPerSecond;
    const quotientHigh = Math.floor(high / divisor);
    const middle = (high - quotientHigh * divisor) * 65_536 + (low >>> 16);
    const quotientMiddle = Math.floor(middle / divisor);
    const last = (middle - quotientMiddle * divisor) * 65_536 + (low & 0xffff);
    const quotientLast = Math.floor(last / divisor);
    this.seconds = quotientHigh * TWO_TO_32 + quotientMiddle * 65_536 + quotientLast;
    this.nanoseconds = (last - quotientLast * divisor) * this.#nanosecondsPerUnit;
  }

  #convertCoarseBinary(high: number, low: number): void {
    const unitsPerSecond = 2 ** this.#exponent;
    const lowSeconds = Math.floor(low / unitsPerSecond);
    const fraction = low - lowSeconds * unitsPerSecond;
    this.seconds = high * (TWO_TO_32 / unitsPerSecond) + lowSeconds;
    this.nanoseconds = Math.floor((fraction * NANOSECONDS_ODD_FACTOR * 512) / unitsPerSecond);
  }

  #convertFineBinary(high: number, low: number): void {
    const shift = 2 ** (this.#exponent - 32);
    this.seconds = Math.floor(high / shift);
    const lowProduct = low * NANOSECONDS_ODD_FACTOR;
    const carried = Math.floor(lowProduct / TWO_TO_32);
    const rest = lowProduct - carried * TWO_TO_32;
    const product = (high - this.seconds * shift) * NANOSECONDS_ODD_FACTOR + carried;
    this.nanoseconds = Math.floor((product * 512) / shift + Math.floor(((rest / TWO_TO_32) * 512) / shift));
  }
}

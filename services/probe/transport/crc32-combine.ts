// The CRC of gzip (RFC 1952 section 8) as arithmetic on polynomials over GF(2), the lowest power in the highest bit.

const POLYNOMIAL = 0xedb88320;
const ONE = 0x8000_0000;
/** x^8: what a byte of zeros multiplies by. */
const BYTE = 0x0080_0000;

/** The CRC-32 of two texts one after the other, from the CRC-32 of each and the second one's length. */
export function combineCrc32(first: number, second: number, secondBytes: number): number {
  return (multiply(first, power(BYTE, secondBytes)) ^ second) >>> 0;
}

/** By repeated squaring. */
function power(base: number, exponent: number): number {
  let result = ONE;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = multiply(result, square);
    square = multiply(square, square);
  }
  return result;
}

/** The product of two polynomials, modulo that of the CRC. */
function multiply(a: number, b: number): number {
  let product = 0;
  let shifted = b;
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= shifted;
    shifted = (shifted & 1) === 0 ? shifted >>> 1 : (shifted >>> 1) ^ POLYNOMIAL;
  }
  return product >>> 0;
}

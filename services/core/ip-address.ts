/** The bytes of an IPv4 (4) or IPv6 (16) address in network order; undefined where the text is neither. */
export function parseIp(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/**
 * The four bytes of a dotted quad; undefined where the text is not exactly four decimal numbers of 0 to 255
 * without leading zeros (some readers take those for octal).
 */
export function parseIpv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  return readDottedQuad(text, 0, bytes, 0) ? bytes : undefined;
}

/**
 * The 16 bytes of an IPv6 address in any form of RFC 4291, section 2.2, the embedded dotted quad included;
 * undefined where the text is none of them. A zone (`%eth0`) is no part of an address and is refused.
 */
export function parseIpv6(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(16);
  const gap = text.indexOf('::');
  if (gap < 0) return readGroups(text, 0, text.length, bytes, 0) === 16 ? bytes : undefined;
  const head = gap === 0 ? 0 : readGroups(text, 0, gap, bytes, 0);
  if (head < 0) return undefined;
  const tailAt = gap + 2;
  const filled = tailAt === text.length ? head : readGroups(text, tailAt, text.length, bytes, head);
  if (filled < 0 || filled > 14) return undefined;
  const tail = 16 - (filled - head);
  bytes.copyWithin(tail, head, filled);
  bytes.fill(0, head, tail);
  return bytes;
}

/** The canonical text of an address of 4 or 16 bytes; undefined for any other length. */
export function formatIp(bytes: Uint8Array): string | undefined {
  if (bytes.length === 4) return formatIpv4(wordAt(bytes, 0));
  if (bytes.length !== 16) return undefined;
  return formatIpv6(wordAt(bytes, 0), wordAt(bytes, 4), wordAt(bytes, 8), wordAt(bytes, 12));
}

/** The dotted quad of an IPv4 address, given as a signed or unsigned 32-bit word. */
export function formatIpv4(word: number): string {
  return `${DECIMAL[word >>> 24]}.${DECIMAL[(word >>> 16) & 0xff]}.${DECIMAL[(word >>> 8) & 0xff]}.${DECIMAL[word & 0xff]}`;
}

/**
 * The text of an IPv6 address by RFC 5952, given as four signed or unsigned 32-bit words in network order. An
 * IPv4-mapped address shows its dotted quad (section 5).
 */
export function formatIpv6(w0: number, w1: number, w2: number, w3: number): string {
  if (w0 === 0 && w1 === 0 && w2 === 0xffff) return `::ffff:${formatIpv4(w3)}`;
  let gapAt = -1;
  let gapLength = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && group(w0, w1, w2, w3, end) === 0) end++;
    if (end - i > gapLength) {
      gapAt = i;
      gapLength = end - i;
    }
    if (end > i) i = end;
  }
  let text = '';
  for (let i = 0; i < 8; i++) {
    if (i === gapAt) {
      text += '::';
      i += gapLength - 1;
    } else {
      if (i > 0 && i !== gapAt + gapLength) text += ':';
      text += hexadecimal(group(w0, w1, w2, w3, i));
    }
  }
  return text;
}

const DOT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;
const DECIMAL: readonly string[] = Array.from({ length: 256 }, (_, byte) => String(byte));
const HEXADECIMAL: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16));
const HEXADECIMAL_PADDED: readonly string[] = HEXADECIMAL.map((digits) => digits.padStart(2, '0'));

/**
 * Reads groups of hexadecimal digits with colons between them; a dotted quad may be the last where the text
 * ends. Gives how many bytes are filled then, or -1 where the text is something else.
 */
function readGroups(text: string, from: number, to: number, bytes: Uint8Array, filled: number): number {
  let at = from;
  let count = filled;
  for (;;) {
    if (count > 14) return -1;
    const end = endOfGroup(text, at);
    if (text.charCodeAt(end) === DOT) {
      const fits = to === text.length && count <= 12;
      return fits && readDottedQuad(text, at, bytes, count) ? count + 4 : -1;
    }
    if (end === at || end - at > 4) return -1;
    const value = Number.parseInt(text.slice(at, end), 16);
    bytes[count++] = value >>> 8;
    bytes[count++] = value;
    if (end === to) return count;
    if (text.charCodeAt(end) !== COLON) return -1;
    at = end + 1;
  }
}

/** Reads the dotted quad that ends the text; false where it is none. */
function readDottedQuad(text: string, from: number, bytes: Uint8Array, to: number): boolean {
  let at = from;
  for (let i = 0; i < 4; i++) {
    if (i > 0 && text.charCodeAt(at++) !== DOT) return false;
    const start = at;
    let value = 0;
    while (at < text.length && at - start < 3 && isDigit(text.charCodeAt(at))) {
      value = value * 10 + text.charCodeAt(at++) - ZERO;
    }
    if (at === start || value > 255) return false;
    if (at - start > 1 && text.charCodeAt(start) === ZERO) return false;
    bytes[to + i] = value;
  }
  return at === text.length;
}

/** Where the run of hexadecimal digits that starts here ends. */
function endOfGroup(text: string, from: number): number {
  let at = from;
  while (at < text.length && isHexadecimalDigit(text.charCodeAt(at))) at++;
  return at;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= 0x39;
}

function isHexadecimalDigit(code: number): boolean {
  return isDigit(code) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
}

function group(w0: number, w1: number, w2: number, w3: number, index: number): number {
  const word = index < 4 ? (index < 2 ? w0 : w1) : index < 6 ? w2 : w3;
  return (index & 1) === 0 ? word >>> 16 : word & 0xffff;
}

function hexadecimal(value: number): string {
  return value < 256 ? HEXADECIMAL[value] : `${HEXADECIMAL[value >>> 8]}${HEXADECIMAL_PADDED[value & 0xff]}`;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;

/** A line with something on it. */
export interface BodyLine {
  /** Counted from 1, blank lines among them. */
  readonly number: number;
  /** Without the line's end. */
  readonly bytes: Buffer;
}

/** The lines of a body that are not blank. Their ends are found in the bytes, so that no character can be one. */
export function* bodyLines(body: Buffer): Generator<BodyLine> {
  let number = 1;
  for (let start = 0; start < body.length; number++) {
    const found = body.indexOf(LINE_FEED, start);
    const next = found < 0 ? body.length : found + 1;
    let end = found < 0 ? body.length : found;
    if (end > start && body[end - 1] === CARRIAGE_RETURN) end--;
    if (!isBlank(body, start, end)) yield { number, bytes: body.subarray(start, end) };
    start = next;
  }
}

function isBlank(body: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (body[at] !== SPACE && body[at] !== TAB) return false;
  return true;
}

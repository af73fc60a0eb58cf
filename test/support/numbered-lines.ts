const NUMBER_DIGITS = 6;

/** `count` lines of `lineBytes` bytes each, numbered from `first`. */
export function numberedLines(first: number, count: number, lineBytes: number): Buffer {
  const line = (index: number): string =>
    `${String(first + index).padStart(NUMBER_DIGITS, '0')}`.padEnd(lineBytes - 1, 'x');
  return Buffer.from(Array.from({ length: count }, (_, index) => `${line(index)}\n`).join(''));
}

/** The numbers of the lines of a text; throws where it does not hold whole lines only. */
export function numbersOf(text: string): number[] {
  if (text !== '' && !text.endsWith('\n')) throw new Error(`The last line is not whole: ${text.slice(-80)}`);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      if (!/^\d{6}x*$/.test(line)) throw new Error(`Not a line: ${line.slice(0, 80)}`);
      return Number(line.slice(0, NUMBER_DIGITS));
    });
}

import * as z from 'zod/mini';

// Readers for settings. Each takes the text a user wrote; each message continues "--flag must be ".

/** Longer ones are mistakes, and a timer that is set to more than 2^31 ms ends at once. */
const MAX_DURATION_MS = 24 * 24 * 3_600_000;

const DURATION_UNITS_MS = { ms: 1, s: 1000, '': 1000, m: 60_000, h: 3_600_000 } as const;
const SIZE_UNITS_BYTES = { '': 1, B: 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const;
const TRUE_WORDS = ['true', '1', 'yes', 'on'];
const FALSE_WORDS = ['false', '0', 'no', 'off'];

/** Any text but none. */
export function text(): z.ZodMiniType<string, string> {
  return z.string('a single value').check(z.minLength(1, 'some text'));
}

/** `true`, `1`, `yes`, `on` and their opposites. A bare flag reads as `true`. */
export function flag(): z.ZodMiniType<boolean, string> {
  return reader('true or false', (word) => {
    if (TRUE_WORDS.includes(word.toLowerCase())) return true;
    return FALSE_WORDS.includes(word.toLowerCase()) ? false : undefined;
  });
}

/** A whole number from `min` to `max`, both allowed. */
export function integer(min: number, max: number): z.ZodMiniType<number, string> {
  return reader(`a whole number from ${min} to ${max}`, (word) => {
    const value = /^-?\d+$/.test(word) ? Number(word) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  });
}

/** `500ms`, `10s`, `2m`, `1h`, or plain seconds, as milliseconds; at least `minMs`. */
export function duration(minMs = 0): z.ZodMiniType<number, string> {
  const least = minMs > 0 ? ` of at least ${minMs}ms` : '';
  return reader(`a duration such as 500ms, 10s or 2m${least}`, (word) => {
    const [, count, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/.exec(word) ?? [];
    const value = Math.round(
      Number(count) * (DURATION_UNITS_MS[(unit ?? '') as keyof typeof DURATION_UNITS_MS] ?? 0),
    );
    return value >= minMs && value <= MAX_DURATION_MS ? value : undefined;
  });
}

/** `512`, `64KiB`, `16MiB`, `1GiB`, as bytes; at least `minBytes`. */
export function byteSize(minBytes = 0): z.ZodMiniType<number, string> {
  const least = minBytes > 0 ? ` of at least ${minBytes} bytes` : '';
  return reader(`a size such as 64KiB or 16MiB${least}`, (word) => {
    const [, count, unit] = /^(\d+)(B|KiB|MiB|GiB)?$/.exec(word) ?? [];
    const value = Number(count) * SIZE_UNITS_BYTES[(unit ?? '') as keyof typeof SIZE_UNITS_BYTES];
    return Number.isSafeInteger(value) && value >= minBytes ? value : undefined;
  });
}

/** One of a few words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): z.ZodMiniType<Word, string> {
  return reader(`one of ${words.join(', ')}`, (word) => words.find((candidate) => candidate === word));
}

/** Several values: one text with commas, or the texts of a variadic flag (`--name <value...>`). */
export function list<Value>(
  item: z.ZodMiniType<Value, string>,
): z.ZodMiniType<readonly Value[], string | readonly string[]> {
  const parts = z.union([
    z.array(z.string()),
    z.pipe(
      z.string(),
      z.transform((value: string) => [value]),
    ),
  ]);
  const trimmed = z.pipe(
    parts,
    z.transform((words: string[]) => words.flatMap((word) => word.split(',')).map((word) => word.trim())),
  );
  return z.readonly(z.pipe(trimmed, z.array(item)));
}

/** The value `read` gives, or the complaint where it gives undefined. */
export function reader<Value>(
  wanted: string,
  read: (word: string) => Value | undefined,
): z.ZodMiniType<Value, string> {
  const convert = z.transform((word: string, context) => {
    const value = read(word.trim());
    if (value !== undefined) return value;
    context.issues.push({ code: 'custom', message: wanted, input: word });
    return z.NEVER;
  });
  return z.pipe(z.string(wanted), convert);
}

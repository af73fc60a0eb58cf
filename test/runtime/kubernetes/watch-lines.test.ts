import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { watchLines } from '../../../services/runtime/kubernetes/watch-lines.ts';

async function linesOf(chunks: readonly Buffer[], maxLineBytes?: number): Promise<(string | undefined)[]> {
  async function* source(): AsyncGenerator<Buffer> {
    yield* chunks;
  }
  return await Array.fromAsync(watchLines(source(), () => undefined, maxLineBytes));
}

test('lines are the same however they are cut into chunks', async () => {
  const texts = fc.array(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\n', '')));
  await fc.assert(
    fc.asyncProperty(texts, fc.array(fc.nat(64)), async (lines, cuts) => {
      const whole = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      const places = [0, ...cuts.filter((cut) => cut < whole.length).sort((a, b) => a - b), whole.length];
      const chunks = places.slice(1).map((end, index) => whole.subarray(places[index], end));
      expect(await linesOf(chunks)).toEqual(lines);
    }),
  );
});

test.each([
  { what: 'a line that was cut off is left out', chunks: ['a\nb'], lines: ['a'] },
  {
    what: 'a line too long is told of',
    chunks: ['short\n', 'much ', 'too long', ' a line\nlast\n'],
    lines: ['short', undefined, 'last'],
  },
])('$what', async ({ chunks, lines }) => {
  expect(
    await linesOf(
      chunks.map((chunk) => Buffer.from(chunk)),
      8,
    ),
  ).toEqual(lines);
});

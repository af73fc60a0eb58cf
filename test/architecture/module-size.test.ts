import { expect, test } from 'vitest';
import { serviceFiles } from './source-files.ts';

const MAX_LINES = 250;

/** Files that may be longer, each with its reason. */
const LONGER: Readonly<Record<string, string>> = {};

test(`a file of services/ has at most ${MAX_LINES} lines, or a reason`, () => {
  const long = serviceFiles()
    .filter(({ text }) => text.split('\n').length - 1 > MAX_LINES)
    .map(({ path }) => path);
  // A reason whose file has become short goes.
  expect(long).toEqual(Object.keys(LONGER).sort());
});

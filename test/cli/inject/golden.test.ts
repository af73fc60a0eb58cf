import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { GOLDEN_MANIFESTS, golden } from './golden-manifests.ts';
import { injectText, uninjectText } from './inject-text.ts';

/** Those that cannot be changed in place: without the probe they say the same, in other words. */
const REWRITTEN = ['aliases-told-apart.yaml'];

describe.each(GOLDEN_MANIFESTS)('$name', ({ name, before, rules }) => {
  const { text: after, lines } = injectText(before, rules);

  test('becomes what test/golden/inject/after has (UPDATE_GOLDEN=1 writes it)', () => {
    expect(after).toBe(golden(`after/${name}`, after));
  });

  test('says what became of each workload', () => {
    const said = lines.map((line) => `${line}\n`).join('');
    expect(said).toBe(golden(`said/${name}.txt`, said));
  });

  test('injected again, it stays as it is', () => {
    expect(injectText(after, rules).text).toBe(after);
  });

  test('without the probe it is byte for byte what it was', () => {
    const without = uninjectText(after).text;
    if (REWRITTEN.includes(name)) expect(parse(without)).toEqual(parse(before));
    else expect(without).toBe(before);
  });
});

test('what never had a probe stays as it is when it is taken out', () => {
  const changed = GOLDEN_MANIFESTS.filter(({ before }) => uninjectText(before).text !== before);
  expect(changed).toEqual([]);
});

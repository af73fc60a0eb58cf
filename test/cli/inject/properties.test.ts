import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { rulesOfFlags } from '../../fixtures/rules-of-flags.ts';
import { anyBlockManifest, anyJson, anyManifest } from './any-manifest.ts';
import { injectText, uninjectText } from './inject-text.ts';

const RULES = [
  rulesOfFlags({ probeImagePullSecrets: 'ours' }),
  rulesOfFlags({}, { sidecar: 'plain', caPem: '-----BEGIN\nMIIB\n-----END\n' }),
];
const anyText = fc.oneof(anyManifest, anyJson);

const check = (
  holds: (text: string, rules: (typeof RULES)[number]) => void,
  texts: fc.Arbitrary<string> = anyText,
): void =>
  fc.assert(
    fc.property(texts, fc.nat(RULES.length - 1), (text, index) => {
      holds(text, RULES[index]);
    }),
    { numRuns: 60 },
  );

const valuesOf = (text: string): unknown[] => {
  const documents = parseAllDocuments(text, { version: '1.1' });
  return Array.isArray(documents) ? documents.map((document) => document.toJS()) : [];
};

test('injecting and taking out gives the same bytes', () => {
  check((text, rules) => expect(uninjectText(injectText(text, rules).text).text).toBe(text));
});

test('injecting twice is injecting once', () => {
  check((text, rules) => {
    const once = injectText(text, rules).text;
    expect(injectText(once, rules).text).toBe(once);
  });
});

test('what is not the pod is unchanged, and the pod keeps all that it had', () => {
  check((text, rules) => {
    const after = valuesOf(injectText(text, rules).text);
    for (const [index, value] of valuesOf(text).entries()) expect(after[index]).toSatisfy(contains(value));
  });
});

test('in block style every line stays, in its order; but for keys that had nothing', () => {
  check((text, rules) => {
    const after = injectText(text, rules).text.split(/\r?\n/);
    let at = 0;
    for (const line of text.split(/\r?\n/)) {
      const found = after.findIndex(
        (candidate, index) => index >= at && candidate.replace(/ # flowtap: empty|# flowtap: /, '') === line,
      );
      expect({ line, isThere: found >= 0 }).toEqual({ line, isThere: true });
      at = found + 1;
    }
  }, anyBlockManifest);
});

/** True for what has all of it, lists in the same order. */
function contains(wanted: unknown): (value: unknown) => boolean {
  return (value) => {
    if (Array.isArray(wanted)) {
      let at = 0;
      return wanted.every((item) => {
        const rest = (value as readonly unknown[]).slice(at);
        const found = rest.findIndex(contains(item));
        at += found + 1;
        return found >= 0;
      });
    }
    if (typeof wanted === 'object' && wanted !== null) {
      return Object.entries(wanted).every(([key, item]) =>
        contains(item)((value as Readonly<Record<string, unknown>>)?.[key]),
      );
    }
    return wanted === null || wanted === value;
  };
}

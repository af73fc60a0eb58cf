import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EcsFlow } from '../../../services/enrichment/document/ecs-flow.ts';
import type { Sender } from '../../../services/enrichment/document/sender.ts';
import { checkFlow } from '../../../services/enrichment/receive/flow-check.ts';
import { readProbeLine } from '../../../services/enrichment/receive/read-probe-line.ts';
import { DOCUMENT_CASES } from '../../fixtures/document-cases.ts';
import { PROBE } from '../../fixtures/flow-batch.ts';
import { WEB } from '../../fixtures/observed-flows.ts';
import { testEnricher } from '../../support/test-enricher.ts';

const LINES = readFileSync(new URL('../../golden/ecs-events.ndjson', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');
const OWN_PROBE = { ...WEB, probe: PROBE };

/** As it is read where it has another form; undefined where it is no event. */
function readByJson(line: string): EcsFlow | undefined {
  try {
    const event = JSON.parse(line);
    return checkFlow(event) === undefined ? event : undefined;
  } catch {
    return undefined;
  }
}

async function documentOf(event: EcsFlow, sender: Sender = OWN_PROBE) {
  const [{ body, ...rest }] = await testEnricher().enricher.enrich([event], sender);
  return { ...rest, body: JSON.parse(body) };
}

describe('a record of the probe', () => {
  test.each(LINES)('is read, but where a text needs escapes: %.80s', (line) => {
    expect(readProbeLine(line) === undefined).toBe(line.includes('\\'));
  });

  const read = LINES.filter((line) => !line.includes('\\'));
  test.each(read)('becomes the document that it becomes as JSON: %.80s', async (line) => {
    for (const sender of [OWN_PROBE, WEB]) {
      expect(await documentOf(readProbeLine(line)!, sender)).toEqual(
        await documentOf(readByJson(line)!, sender),
      );
    }
  });

  test.each(DOCUMENT_CASES)('becomes the same document too: $name', async (written) => {
    const { name, event, sender, translations, options, before, isNameless } = written;
    const line = JSON.stringify(event());
    const known = readProbeLine(line);
    expect(known === undefined).toBe(name === 'other-sender');
    const documents = await Promise.all(
      [known ?? event(), event()].map(async (one) => {
        const { enricher, names } = testEnricher(options, translations);
        if (isNameless) names.trouble = () => Promise.reject(new Error('down'));
        if (before !== undefined) await enricher.enrich([before.event()], before.sender);
        const [{ body, ...rest }] = await enricher.enrich([one], sender);
        return { ...rest, body: JSON.parse(body) };
      }),
    );
    expect(documents[0]).toEqual(documents[1]);
  });
});

test('a line that is nearly one is left to JSON, or means the same', async () => {
  const changes = fc.record({
    line: fc.constantFrom(...LINES),
    at: fc.nat(1800),
    removed: fc.nat(3),
    added: fc.oneof(
      fc.constant(''),
      fc.stringMatching(/^[0-9a-z"{}:,.\\[\]-]{1,3}$/),
      fc.string({ maxLength: 2 }),
    ),
  });
  await fc.assert(
    fc.asyncProperty(changes, async ({ line, at, removed, added }) => {
      const changed = line.slice(0, at) + added + line.slice(at + removed);
      const event = readProbeLine(changed);
      if (event === undefined) return;
      const asJson = readByJson(changed);
      expect(asJson).toBeDefined();
      expect(await documentOf(event)).toEqual(await documentOf(asJson!));
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ['a port beyond the last', '"port":34855', '"port":65536'],
  ['an address that is none', '"ip":"128.232.110.120"', '"ip":"128.232.110.256"'],
  ['a time that is none', 'T10:03:00.000000005Z"', 'T24:03:00.000000005Z"'],
  ['a count with a sign', '"packets":1234567', '"packets":-1'],
  ['ids of two flows', '"flow":{"id":"1:L', '"flow":{"id":"1:M'],
  ['a field twice', '"flow":{', '"flow":{},"flow":{'],
  ['more after its end', /$/, ' {}'],
])('is left to JSON: %s', (_, text, replacement) => {
  const changed = LINES[0].replace(text, replacement);
  expect(changed).not.toBe(LINES[0]);
  expect(readProbeLine(changed)).toBeUndefined();
});

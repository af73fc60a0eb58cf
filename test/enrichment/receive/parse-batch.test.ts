import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bodyLines } from '../../../services/enrichment/receive/body-lines.ts';
import { parseBatch } from '../../../services/enrichment/receive/parse-batch.ts';
import { Refusal } from '../../../services/enrichment/receive/refusal.ts';
import { batchHeader, headerLine, namedEvent, ndjson, PROBE, plainEvent } from '../../fixtures/flow-batch.ts';

const LIMITS = { maxLines: 10, maxLineBytes: 4000 };
const parse = (text: string | Buffer) => parseBatch(Buffer.from(text as string), LIMITS);

describe('lines', () => {
  test('are found in bytes, whatever ends them', () => {
    const lines = [...bodyLines(Buffer.from('a\r\n\n \t\nü\u2028b\nc'))];
    expect(lines.map(({ number, bytes }) => [number, bytes.toString()])).toEqual([
      [1, 'a'],
      [4, 'ü\u2028b'],
      [5, 'c'],
    ]);
  });

  test('together are the body', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[^\r\n]*$/)), (texts) => {
        const found = [...bodyLines(Buffer.from(texts.join('\n')))];
        const expected = texts.flatMap((text, index) => (/^[ \t]*$/.test(text) ? [] : [[index + 1, text]]));
        expect(found.map(({ number, bytes }) => [number, bytes.toString()])).toEqual(expected);
      }),
    );
  });
});

test('a header and its events', () => {
  const batch = parse(ndjson([headerLine({ events: 2 }), namedEvent('a'), namedEvent('b')]));
  expect(batch.header).toEqual(batchHeader({ events: 2 }));
  expect(batch.events.map(({ event }) => event?.id)).toEqual(['a', 'b']);
  expect(batch.lines).toEqual([2, 3]);
  expect(batch.bad).toEqual([]);
});

test('a header that says why nothing is captured', () => {
  const error = { code: 'NET_RAW_MISSING', message: 'Capturing needs the NET_RAW capability.' };
  expect(parse(ndjson([headerLine({ events: 0, error })])).header).toEqual(batchHeader({ events: 0, error }));
});

test('events without a header', () => {
  const batch = parse(`${ndjson([namedEvent('a')])}\n${JSON.stringify(namedEvent('b'))}`);
  expect(batch.header).toBeUndefined();
  expect(batch.lines).toEqual([1, 3]);
});

test('a header without events, of a probe that is in no pod', () => {
  const header = { events: 0, heartbeat: true, probe: { ...PROBE, pod: undefined } };
  expect(parse(ndjson([headerLine(header)]))).toMatchObject({
    header: batchHeader(header),
    events: [],
    bad: [],
  });
});

test('events can be read again as they came', () => {
  const batch = parse(
    `${ndjson([headerLine({ events: 4 }), namedEvent('a')])}{\n${ndjson([namedEvent('b'), namedEvent('c')])}`,
  );
  batch.events[0].source.ip = 'changed';
  expect(batch.readAgain(0, 3)).toEqual([namedEvent('a'), namedEvent('b'), namedEvent('c')]);
  expect(batch.readAgain(1, 2)).toEqual([namedEvent('b')]);
});

test('bad lines stand beside good ones', () => {
  const invalid = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}\n')]);
  const text = ndjson([
    namedEvent('a'),
    '{',
    plainEvent({ source: { ip: 'x' } }),
    headerLine(),
    'x'.repeat(4001),
  ]);
  const batch = parse(Buffer.concat([Buffer.from(text), invalid, Buffer.from(ndjson([namedEvent('ä')]))]));
  expect(batch.events.map(({ event }) => event?.id)).toEqual(['a', 'ä']);
  expect(batch.lines).toEqual([1, 7]);
  expect(batch.bad.map(({ line, field, message }) => [line, field, message])).toEqual([
    [2, '', expect.stringMatching(/^the line is not JSON: /)],
    [3, 'source.ip', 'source.ip must be an IP address, not "x"'],
    [4, '@timestamp', expect.stringContaining('it is missing')],
    [5, '', 'the line has 4001 bytes; at most 4000 are taken'],
    [6, '', 'the line is not UTF-8'],
  ]);
  expect(batch.bad[3].original).toHaveLength(4000);
});

describe('refused as a whole', () => {
  const header = (changes: object) =>
    ndjson([{ 'flowtap.batch': { ...batchHeader({ events: 0 }), ...changes } }]);

  test.each<[string, string, string | RegExp]>([
    ['', 'empty', /no lines/],
    ['\n \n', 'empty', /no lines/],
    [
      ndjson(Array.from({ length: 11 }, (_, index) => namedEvent(String(index)))),
      'too_large',
      /More than 10 lines/,
    ],
    [
      header({ version: 2 }),
      'bad_header',
      /^line 1: flowtap.batch.version must be 1, the only version there is/,
    ],
    [header({ sequence: 0 }), 'bad_header', /flowtap.batch.sequence must be a whole number from 1/],
    [header({ sequence: 'x' }), 'bad_header', /flowtap.batch.sequence must be a whole number from 0/],
    [header({ events: -1 }), 'bad_header', /flowtap.batch.events must be a whole number from 0/],
    [header({ events: 1 }), 'bad_header', /events must be the number of lines that follow \(0\), not 1/],
    [header({ createdMs: 1e15 }), 'bad_header', /createdMs must be milliseconds since 1970/],
    [header({ heartbeat: 1 }), 'bad_header', /heartbeat must be true or false/],
    [
      header({ counters: { a: 'x' } }),
      'bad_header',
      /flowtap.batch.counters.a must be a number from 0, not "x"/,
    ],
    [header({ counters: [] }), 'bad_header', /counters must be an object of numbers, not \[\]/],
    [header({ counters: { A: 1 } }), 'bad_header', /counted under names such as capture.kernel_drops/],
    [
      header({ counters: Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`c${i}`, 1])) }),
      'bad_header',
      /at most 512 counters/,
    ],
    [header({ probe: { ...PROBE, id: '' } }), 'bad_header', /flowtap.batch.probe.id must be some text/],
    [header({ probe: { ...PROBE, host: 'x'.repeat(300) } }), 'bad_header', /at most 253 characters/],
    [
      header({ probe: { ...PROBE, pod: { ...PROBE.pod, ips: ['x'] } } }),
      'bad_header',
      /probe.pod.ips.0 must be an IP address/,
    ],
    [header({ probe: undefined }), 'bad_header', /flowtap.batch.probe must be an object/],
    ['{"flowtap.batch":7}\n', 'bad_header', /^line 1: flowtap.batch must be an object/],
  ])('case %#', (text, reason, message) => {
    expect(() => parse(text)).toThrow(Refusal);
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ reason, message: expect.stringMatching(message) }),
    );
  });
});

test('never throws anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.json(), (bytes, json) => {
      for (const body of [Buffer.from(bytes), Buffer.from(`${json}\n${json}`)]) {
        try {
          parseBatch(body, LIMITS);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      }
    }),
  );
});

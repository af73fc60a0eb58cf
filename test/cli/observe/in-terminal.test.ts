import { stripVTControlCharacters } from 'node:util';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { ELASTICSEARCH_START_MS, elasticsearchUnavailable } from '../../servers/elasticsearch.ts';
import { inTerminal, terminalUnavailable } from '../../support/in-terminal.ts';
import type { QuestionStreams } from '../../support/question-streams.ts';
import { writeQuestionStreams } from '../../support/question-streams.ts';

const unavailable = elasticsearchUnavailable() ?? terminalUnavailable();
let streams: QuestionStreams;

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));
beforeAll(async () => {
  if (unavailable === undefined) streams = await writeQuestionStreams('terminal');
}, ELASTICSEARCH_START_MS);

const linesOf = (text: string): string[] => stripVTControlCharacters(text).split('\r\n').slice(0, -1);

test.each([120, 90, 70])('a table fits a terminal of %s columns, and has colours', async (columns) => {
  const text = await inTerminal('observe --since 1h', columns, 20, streams.env);
  const lines = linesOf(text);
  expect(lines.length).toBe(61);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(columns);
  for (const line of lines)
    expect(line).toMatch(/SOURCE +DESTINATION|\/web-1|cart-|stock-|tenant-|ledger|backup/);
  expect(lines[0].includes('PACKETS')).toBe(columns === 120);
  // The refused one, and the lossy one.
  expect(text).toContain('\u001b[31m');
  expect(text).toContain('\u001b[33m');
});

test('top --watch is drawn in place, with as many rows as there is room for', async () => {
  const text = await inTerminal('top pods --watch --interval 200ms', 90, 4, streams.env);
  const frames = text.split('\u001b[H\u001b[J').slice(1).map(linesOf);
  expect(frames.length).toBeGreaterThan(1);
  expect(frames[0][0]).toMatch(/^flowtap top pods, by bytes, \S+Z$/);
  expect(frames[0][2]).toMatch(/^NAME +SHARE/);
  for (const frame of frames) expect(frame.length).toBeLessThanOrEqual(12);
});

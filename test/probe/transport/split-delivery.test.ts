import { expect, test } from 'vitest';
import { deflateBlock, gzipOf } from '../../../services/probe/transport/gzip-blocks.ts';
import { headerLine, splitDelivery } from '../../../services/probe/transport/split-delivery.ts';
import { batchHeader } from '../../fixtures/flow-batch.ts';
import { numberedLines, numbersOf } from '../../support/numbered-lines.ts';
import { readSentBatch } from '../../support/sent-batch.ts';

test.each([
  [2, [1, 1]],
  [3, [1, 2]],
  [1001, [500, 501]],
])('a delivery of %i events becomes two of %j', async (events, expected) => {
  const header = batchHeader({ sequence: 5, events, heartbeat: true, final: true });
  const lines = numberedLines(0, events, 50);
  const body = gzipOf([await deflateBlock(headerLine(header), 1), await deflateBlock(lines, 1)]);
  const facts = { sequence: 5, createdMs: 77, events, eventBytes: lines.length, isFinal: true };
  const parts = await splitDelivery({ ...facts, bodyBytes: body.length }, body, 1);
  const sent = parts.map((part) => readSentBatch(part.body));
  expect(sent.map((batch) => batch.header)).toEqual([
    { ...header, events: expected[0], final: false },
    { ...header, events: expected[1], heartbeat: false },
  ]);
  const numbers = sent.flatMap((batch) => numbersOf(batch.lines.map((line) => `${line}\n`).join('')));
  expect(numbers).toEqual(Array.from({ length: events }, (_, index) => index));
  expect(parts.map(({ body: _, ...about }) => about)).toEqual([
    { ...facts, events: expected[0], eventBytes: expected[0] * 50, isFinal: false },
    { ...facts, events: expected[1], eventBytes: expected[1] * 50, isFinal: true },
  ]);
});

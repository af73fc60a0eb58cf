import { closeSync, openSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EcsEventWriter } from '../../../services/core/ecs-event.ts';
import { LineWriter } from '../../../services/core/line-writer.ts';
import { DescriptorOutput } from '../../../services/probe/transport/descriptor-output.ts';
import type { BlockOutput } from '../../../services/probe/transport/ndjson-output.ts';
import { NdjsonOutput } from '../../../services/probe/transport/ndjson-output.ts';
import { FULL_TCP, WRITTEN_RECORDS } from '../../fixtures/flow-records.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';
import { readEvents } from '../../support/flow-event.ts';

const BLOCK_BYTES = 256 * 1024;
const ORIGIN = {
  hostName: 'node-1',
  agentVersion: '0.1.0',
  dataStreamNamespace: 'default',
  segmentOffload: 'none',
} as const;
/** As long as Linux lets a path be, each character of it an escape of six bytes. */
const LONGEST_PATH = '日'.repeat(4096 / 3);

/** Keeps a copy of each block. */
class Blocks implements BlockOutput {
  readonly texts: string[] = [];

  write(bytes: Uint8Array, length: number): void {
    this.texts.push(Buffer.from(bytes.subarray(0, length)).toString('latin1'));
  }
}

/** The records of the fixtures over and over, and their lines. */
function manyRecords(count: number, file: string | undefined) {
  const events = new EcsEventWriter(ORIGIN);
  events.setFile(file);
  const line = new LineWriter(events.eventBytes);
  const records = Array.from(
    { length: count },
    (_, index) => WRITTEN_RECORDS[index % WRITTEN_RECORDS.length],
  );
  const lines = records.map(({ record, window }) => {
    line.position = 0;
    events.write(line, record, window);
    return Buffer.from(line.bytes.subarray(0, line.position)).toString('latin1');
  });
  return { events, records, lines };
}

describe('blocks', () => {
  it.each([
    { count: 1, file: undefined },
    { count: 5000, file: undefined },
    { count: 200, file: LONGEST_PATH },
  ])('hold whole lines, $count in their order, and are as long as they may be', ({ count, file }) => {
    const { events, records, lines } = manyRecords(count, file);
    const blocks = new Blocks();
    const output = new NdjsonOutput(events, blocks);
    for (const { record, window } of records) output.record(record, window);
    output.flush();
    expect(blocks.texts.join('')).toBe(lines.join(''));
    for (const [index, text] of blocks.texts.entries()) {
      expect(text.endsWith('\n')).toBe(true);
      expect(text.length).toBeLessThanOrEqual(BLOCK_BYTES);
      const isLast = index === blocks.texts.length - 1;
      if (!isLast) expect(text.length).toBeGreaterThan(BLOCK_BYTES - events.eventBytes);
    }
  });

  it('are handed on by a flush, once', () => {
    const { events, records, lines } = manyRecords(2, undefined);
    const blocks = new Blocks();
    const output = new NdjsonOutput(events, blocks);
    output.flush();
    expect(blocks.texts).toEqual([]);
    for (const { record, window } of records) {
      output.record(record, window);
      output.flush();
      output.flush();
    }
    expect(blocks.texts).toEqual(lines);
  });

  it('have room for a file whose name is longer than the one before', () => {
    const events = new EcsEventWriter(ORIGIN);
    const blocks = new Blocks();
    const output = new NdjsonOutput(events, blocks);
    const count = 300;
    for (let index = 0; index < count; index++) {
      events.setFile(index % 2 === 0 ? 'a.pcap' : LONGEST_PATH);
      output.record(FULL_TCP, undefined);
    }
    output.flush();
    const files = blocks.texts
      .join('')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).log.file.path);
    expect(files).toEqual(
      Array.from({ length: count }, (_, index) => (index % 2 === 0 ? 'a.pcap' : LONGEST_PATH)),
    );
    for (const text of blocks.texts) expect(text.length).toBeLessThanOrEqual(BLOCK_BYTES);
  });
});

it('a file has one event a record', () => {
  const folder = new TemporaryFolder();
  const path = folder.newPath();
  const descriptor = openSync(path, 'w');
  const output = new NdjsonOutput(new EcsEventWriter(ORIGIN), new DescriptorOutput(descriptor));
  for (const { record, window } of WRITTEN_RECORDS) output.record(record, window);
  output.flush();
  closeSync(descriptor);
  expect(
    readEvents(path).map(({ network, source, destination }) => [
      network.community_id,
      source.ip,
      destination.ip,
    ]),
  ).toEqual(
    WRITTEN_RECORDS.map(({ record }) => [
      record.communityId,
      record.source.address,
      record.destination.address,
    ]),
  );
  folder.remove();
});

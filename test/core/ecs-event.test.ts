import { readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EcsEventWriter } from '../../services/core/ecs-event.ts';
import type { FlowRecord } from '../../services/core/flow-record.ts';
import { LineWriter } from '../../services/core/line-writer.ts';
import type { WrittenRecord } from '../fixtures/flow-records.ts';
import {
  FULL_TCP,
  flowRecord,
  flowSide,
  sequence,
  tcpSide,
  WRITTEN_RECORDS,
} from '../fixtures/flow-records.ts';

const ORIGIN = {
  hostName: 'node-a',
  agentVersion: '1.2.3',
  dataStreamNamespace: 'default',
  segmentOffload: 'vnet_hdr',
} as const;

function lineOf({ record, window, file }: Omit<WrittenRecord, 'name'>): string {
  const writer = new EcsEventWriter(ORIGIN);
  writer.setFile(file);
  const line = new LineWriter(writer.eventBytes);
  writer.write(line, record, window);
  return Buffer.from(line.bytes.subarray(0, line.position)).toString('latin1');
}

const eventOf = (record: FlowRecord, rest: Partial<WrittenRecord> = {}) =>
  JSON.parse(lineOf({ record, ...rest }));

const GOLDEN = new URL('../golden/ecs-events.ndjson', import.meta.url);

describe('the golden file', () => {
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(GOLDEN, WRITTEN_RECORDS.map(lineOf).join(''));
  const golden = readFileSync(GOLDEN, 'utf8').split('\n');

  it.each(WRITTEN_RECORDS.map((written, index) => ({ ...written, index })))('has $name', (written) => {
    expect(lineOf(written)).toBe(`${golden[written.index]}\n`);
  });

  it('has nothing else', () => {
    expect(golden.slice(WRITTEN_RECORDS.length)).toEqual(['']);
  });
});

describe('every event', () => {
  it.each(WRITTEN_RECORDS)('is one line of JSON in ASCII: $name', (written) => {
    const line = lineOf(written);
    expect(line).toMatch(/^[ -~]+\n$/);
    expect(JSON.parse(line)).toBeTypeOf('object');
  });

  it.each(WRITTEN_RECORDS)('has what Kibana Security asks for: $name', ({ record, window, file }) => {
    const event = eventOf(record, { window, file } as Partial<WrittenRecord>);
    const { source, destination } = record;
    expect(event).toMatchObject({
      type: 'flow',
      ecs: { version: '9.3.0' },
      data_stream: { type: 'logs', dataset: 'flowtap.flow', namespace: 'default' },
      event: { kind: 'event', category: ['network'], action: 'network_flow', dataset: 'flowtap.flow' },
      host: { name: 'node-a' },
      agent: { type: 'flowtap', version: '1.2.3' },
      observer: { type: 'sensor', name: 'node-a' },
      network: {
        type: record.ipVersion === 4 ? 'ipv4' : 'ipv6',
        iana_number: String(record.protocol),
        community_id: record.communityId,
        bytes: source.bytes + destination.bytes,
        packets: source.packets + destination.packets,
      },
      source: { ip: source.address, bytes: source.bytes, packets: source.packets },
      destination: { ip: destination.address, bytes: destination.bytes, packets: destination.packets },
      flow: { final: record.endReason !== undefined },
    });
    expect(event.network.transport).toBe(event.network.transport.toLowerCase());
    expect('port' in event.source).toBe(source.port !== undefined);
    expect(event.log?.file.path).toBe(file);
  });
});

describe('times', () => {
  const at = (seconds: number, nanoseconds: number) => ({ seconds, nanoseconds });
  const window = { startMs: 1000, endMs: 2500 };

  it.each<[string, Partial<FlowRecord>, number]>([
    ['a moment', { start: at(1, 7), end: at(1, 7) }, 0],
    ['less than a second', { start: at(1, 900_000_000), end: at(2, 100_000_000) }, 200_000_000],
    ['an hour', { start: at(1, 1), end: at(3601, 0) }, 3_599_999_999_999],
  ])('event.duration is end - start in nanoseconds: %s', (_name, times, expected) => {
    expect(eventOf(flowRecord(times)).event.duration).toBe(expected);
  });

  it('event.duration is exact where a number is not', () => {
    const line = lineOf({ record: flowRecord({ start: at(0, 1), end: at(4_294_967_295, 0) }) });
    expect(line).toContain('"duration":4294967294999999999,');
  });

  it.each<[string, FlowRecord['endReason'], string]>([
    ['goes on: its end', undefined, '1970-01-01T00:00:02.500Z'],
    ['ended in it: its end', 'fin', '1970-01-01T00:00:02.500Z'],
    ['was evicted in it: the last packet', 'evicted', '1970-01-01T00:00:02.100Z'],
    ['was cut by the end of the input: the last packet', 'shutdown', '1970-01-01T00:00:02.100Z'],
  ])('@timestamp of a window in which the flow %s', (_name, endReason, expected) => {
    const record = flowRecord({ start: at(1, 0), end: at(2, 100_999_999), endReason });
    const event = eventOf(record, { window });
    expect(event['@timestamp']).toBe(expected);
    expect(event.flowtap.window).toEqual({
      start: '1970-01-01T00:00:01.000Z',
      end: '1970-01-01T00:00:02.500Z',
    });
  });

  it('@timestamp of a flow cut in a window in which it was silent is the start of that', () => {
    const record = flowRecord({ start: at(0, 5), end: at(0, 5), endReason: 'shutdown' });
    expect(eventOf(record, { window })['@timestamp']).toBe('1970-01-01T00:00:01.000Z');
  });
});

describe('event.type and ids over the records of a flow', () => {
  const flowStart = { seconds: 100, nanoseconds: 1 };
  const last = { seconds: 130, nanoseconds: 2 };
  const silent = { source: flowSide('10.0.0.1'), destination: flowSide('10.0.0.2') };
  const records: [FlowRecord, string[]][] = [
    [flowRecord({ flowStart, start: flowStart, end: flowStart }), ['connection', 'start']],
    [flowRecord({ flowStart, start: last, end: last }), ['connection', 'info']],
    [flowRecord({ flowStart, start: last, end: last, endReason: 'idle', ...silent }), ['connection', 'end']],
  ];

  it('the first starts it, the last ends it', () => {
    expect(records.map(([record]) => eventOf(record).event.type)).toEqual(records.map(([, type]) => type));
  });

  it('one record can do both', () => {
    const only = flowRecord({ flowStart, start: flowStart, end: last, endReason: 'fin' });
    expect(eventOf(only).event.type).toEqual(['connection', 'start', 'end']);
  });

  it('a flow of one packet starts once', () => {
    const end = flowRecord({ flowStart, start: flowStart, end: flowStart, endReason: 'idle', ...silent });
    expect(eventOf(end).event.type).toEqual(['connection', 'end']);
    expect(eventOf(end).event.id).not.toBe(eventOf(records[0][0]).event.id);
  });

  it('flow.id stays, event.id does not', () => {
    const events = records.map(([record]) => eventOf(record));
    expect(new Set(events.map((event) => event.flow.id)).size).toBe(1);
    expect(new Set(events.map((event) => event.event.id)).size).toBe(3);
  });
});

describe('flowtap.tcp', () => {
  it('leaves out what did not happen', () => {
    const quiet = { tcp: tcpSide() };
    const record = flowRecord({
      source: flowSide('10.0.0.1', quiet),
      destination: flowSide('10.0.0.2', quiet),
    });
    expect(eventOf(record).flowtap.tcp).toEqual({
      source: { flags: ['ack'] },
      destination: { flags: ['ack'] },
    });
  });

  it('has the sequence state of a direction without loss', () => {
    const sides = { tcp: tcpSide({ flags: 0x18, sequence: sequence() }) };
    const record = flowRecord({
      source: flowSide('10.0.0.1', sides),
      destination: flowSide('10.0.0.2', sides),
    });
    expect(eventOf(record).flowtap.tcp.source).toEqual({
      flags: ['psh', 'ack'],
      sequence: { initial: 1000, highest: 2000, payload_bytes: 1000 },
    });
  });
});

describe('room', () => {
  it('is enough for the longest record, whatever host and file are called', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300, unit: 'binary' }), (name) => {
        const writer = new EcsEventWriter({ ...ORIGIN, hostName: name, agentVersion: name });
        writer.setFile(name);
        const line = new LineWriter(writer.eventBytes);
        const address = '2001:470:e5bf:dead:4957:2174:e82c:4887';
        const side = { ...FULL_TCP.source, address, bytes: Number.MAX_SAFE_INTEGER / 2 };
        const icmp = { type: 255, code: 255 };
        writer.write(
          line,
          { ...FULL_TCP, icmp, source: side, destination: { ...side } },
          { startMs: 1e12, endMs: 2e12 },
        );
        expect(line.room).toBeGreaterThanOrEqual(0);
        const event = JSON.parse(Buffer.from(line.bytes.subarray(0, line.position)).toString('latin1'));
        expect([event.host.name, event.log.file.path]).toEqual([name, name]);
      }),
    );
  });
});

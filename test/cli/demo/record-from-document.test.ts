import { expect, test } from 'vitest';
import { recordFromDocument } from '../../../services/cli/demo/record-from-document.ts';
import { EcsEventWriter } from '../../../services/core/ecs-event.ts';
import type { FlowRecord, FlowSide } from '../../../services/core/flow-record.ts';
import { LineWriter } from '../../../services/core/line-writer.ts';

const side = (address: string, port: number | undefined, packets: number, bytes: number): FlowSide => ({
  address,
  port,
  packets,
  bytes,
  tcp: undefined,
});

const UDP: FlowRecord = {
  communityId: '1:d/FP5EW3wiY1vCndhwleRRKHowQ=',
  ipVersion: 4,
  protocol: 17,
  icmp: undefined,
  direction: 'egress',
  evidence: 'lower_port',
  flowStart: { seconds: 1_700_000_000, nanoseconds: 5 },
  start: { seconds: 1_700_000_001, nanoseconds: 123_456_789 },
  end: { seconds: 1_700_000_001, nanoseconds: 223_456_789 },
  endReason: undefined,
  source: side('192.0.2.10', 40_000, 2, 120),
  destination: side('192.0.2.20', 53, 1, 90),
};

const ICMPV6: FlowRecord = {
  ...UDP,
  ipVersion: 6,
  protocol: 58,
  icmp: { type: 128, code: undefined },
  endReason: 'shutdown',
  source: side('2001:db8::10', undefined, 1, 104),
  destination: side('2001:db8::20', undefined, 0, 0),
};

const WINDOW = { startMs: 1_700_000_000_000, endMs: 1_700_000_002_000 };

function written(record: FlowRecord): string {
  const events = new EcsEventWriter({
    hostName: 'host',
    agentVersion: '1.0.0',
    dataStreamNamespace: 'default',
    segmentOffload: 'none',
  });
  const line = new LineWriter(events.eventBytes);
  events.write(line, record, WINDOW);
  return Buffer.from(line.bytes.subarray(0, line.position)).toString();
}

test.each([
  { name: 'UDP', record: UDP },
  { name: 'ICMPv6', record: ICMPV6 },
])('reads a flow without names: $name', ({ record }) => {
  const { communityId, protocol, start, endReason, source, destination } = record;
  const { tcp: _source, ...sourceShown } = source;
  const { tcp: _destination, ...destinationShown } = destination;
  expect(recordFromDocument(written(record))).toStrictEqual({
    flowId: `${communityId}/1700000000.000000005`,
    windowStartMs: WINDOW.startMs,
    windowEndMs: WINDOW.endMs,
    record: {
      communityId,
      protocol,
      start,
      endReason,
      source: sourceShown,
      destination: destinationShown,
    },
    answered: undefined,
  });
});

test('shows names in place of addresses, where enrichment has given them', () => {
  const document = JSON.parse(written(UDP));
  document.source.kubernetes = { pod: { name: 'web' } };
  document.destination.kubernetes = { pod: { name: 'shop-1' }, service: { name: 'shop' } };
  expect(recordFromDocument(JSON.stringify(document)).answered).toBeUndefined();
  document.flowtap.nat = { evidence: 'conntrack' };
  expect(recordFromDocument(JSON.stringify(document))).toMatchObject({
    record: { source: { address: 'web', port: 40_000 }, destination: { address: 'shop/shop-1', port: 53 } },
    answered: { service: 'shop', pod: 'shop-1' },
  });
});

test.each(['', '{}', '{"flow":'])('refuses %j', (line) => {
  expect(() => recordFromDocument(line)).toThrow();
});

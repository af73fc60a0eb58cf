import { expect, test } from 'vitest';
import { demoSummary, nextSteps } from '../../../services/cli/demo/demo-summary.ts';
import { FlowTally } from '../../../services/cli/demo/flow-tally.ts';
import { probeLosses, sumOfLosses } from '../../../services/cli/demo/probe-losses.ts';
import type { DemoRecord } from '../../../services/cli/demo/record-from-document.ts';

/** A record of a flow to a port of 192.0.2.20, with as many bytes each way. */
function record(flowId: string, clientPort: number, port: number, bytes: number): DemoRecord {
  return {
    flowId,
    windowStartMs: 0,
    windowEndMs: 2000,
    record: {
      communityId: '1:d/FP5EW3wiY1vCndhwleRRKHowQ=',
      protocol: port === 53 ? 17 : 6,
      start: { seconds: 0, nanoseconds: 0 },
      endReason: undefined,
      source: { address: '192.0.2.10', port: clientPort, packets: 1000, bytes },
      destination: { address: '192.0.2.20', port, packets: 500, bytes },
    },
    answered: undefined,
  };
}

function tallyOf(records: readonly DemoRecord[]): FlowTally {
  const tally = new FlowTally();
  for (const each of records) tally.add(each);
  return tally;
}

const RECORDS = [
  record('a', 4001, 53, 50),
  record('b', 4002, 80, 1_000_000),
  record('b', 4002, 80, 1_000_000),
  record('c', 4003, 80, 100_000),
  record('d', 4004, 8080, 1024),
];

test('adds up flows and puts the most bytes first', () => {
  const losses = [
    { what: 'packets (kernel)', count: 0 },
    { what: 'records (slow reader)', count: undefined },
  ];
  expect(demoSummary(tallyOf(RECORDS), losses)).toEqual([
    '4 flows, 7,500 packets, 4.0 MiB',
    'Dropped: 0 packets (kernel), an unknown number of records (slow reader)',
    '',
    'Top talkers, bytes both ways',
    '   4.0 MiB  192.0.2.10 → 192.0.2.20:80    tcp       2 flows',
    '   2.0 KiB  192.0.2.10 → 192.0.2.20:8080  tcp       1 flow',
    '     100 B  192.0.2.10 → 192.0.2.20:53    udp       1 flow',
  ]);
});

test('names no talkers where nobody talked', () => {
  expect(demoSummary(tallyOf([]), [])).toEqual(['0 flows, 0 packets, 0 B']);
});

test.each([
  { script: '/srv/services/cli/main.ts', command: 'npm run -s flowtap -- replay FILE ' },
  { script: '/usr/bin/flowtap', command: 'flowtap replay FILE ' },
])('next steps are in words that start $script', ({ script, command }) => {
  expect(nextSteps(script)[0]).toContain(`Next: ${command}`);
});

test('says who answered for a service', () => {
  const answered = (pod: string) => ({ service: 'shop', pod });
  const records = [
    { ...record('a', 4001, 80, 1), answered: answered('shop-2') },
    { ...record('b', 4002, 80, 1), answered: answered('shop-1') },
    { ...record('b', 4002, 80, 1), answered: answered('shop-1') },
    { ...record('c', 4003, 80, 1), answered: answered('shop-1') },
  ];
  expect(demoSummary(tallyOf(records), []).slice(-4)).toEqual([
    '',
    'Who answered for the service shop',
    '      67 %  shop-1     2 flows',
    '      33 %  shop-2     1 flow',
  ]);
});

function logOf(counters: Readonly<Record<string, number>>): string {
  const lines = [
    { message: 'capturing' },
    { 'flowtap.counters': counters, message: 'capture ended' },
    { message: 'delivered the rest' },
  ];
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

const COUNTERS = {
  'capture.kernel_drops': 1234,
  'flow.evicted': 5,
  'output.dropped_events': 6,
  'queue.dropped_events': 7,
  'spool.dropped_events': 8,
  'delivery.refused_dropped_events': 9,
};

test('reads what was dropped from the log of a probe', () => {
  expect(probeLosses(logOf(COUNTERS))).toEqual([
    { what: 'packets (kernel)', count: 1234 },
    { what: 'flows (table full)', count: 5 },
    { what: 'records (not delivered)', count: 30 },
  ]);
});

test('what no log tells is not known', () => {
  const { 'capture.kernel_drops': _, ...rest } = COUNTERS;
  expect(probeLosses(logOf(rest))[0].count).toBeUndefined();
  expect(probeLosses('').map(({ count }) => count)).toEqual([undefined, undefined, undefined]);
});

test('adds up what several probes have dropped', () => {
  const one = probeLosses(logOf(COUNTERS));
  expect(sumOfLosses([one, one]).map(({ count }) => count)).toEqual([2468, 10, 60]);
  expect(sumOfLosses([one, probeLosses('')])[0].count).toBeUndefined();
});

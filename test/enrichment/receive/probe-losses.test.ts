import { expect, test } from 'vitest';
import { ProbeLosses } from '../../../services/enrichment/receive/probe-losses.ts';
import { batchHeader, PROBE } from '../../fixtures/flow-batch.ts';

const batch = (sequence: number, kernel: number, queue = 0, id = 'p') =>
  batchHeader({
    sequence,
    probe: { ...PROBE, id },
    counters: {
      'capture.packets': sequence * 1000,
      'capture.kernel_drops': kernel,
      'queue.dropped_events': queue,
    },
  });

test.each<[string, readonly (readonly [number, number, number?, string?])[], readonly boolean[]]>([
  [
    'nothing ever dropped',
    [
      [1, 0],
      [2, 0],
    ],
    [false, false],
  ],
  [
    'dropped before the first batch',
    [
      [1, 3],
      [2, 3],
    ],
    [true, false],
  ],
  [
    'dropped in between',
    [
      [1, 0],
      [2, 0, 1],
      [3, 0, 1],
    ],
    [false, true, false],
  ],
  [
    'a batch that comes again keeps its answer',
    [
      [1, 0],
      [2, 5],
      [2, 5],
      [3, 5],
    ],
    [false, true, true, false],
  ],
  [
    'an older batch that comes late',
    [
      [1, 0],
      [3, 5],
      [2, 0],
    ],
    [false, true, false],
  ],
  [
    'a probe that was new here in the middle',
    [
      [7, 4],
      [8, 4],
    ],
    [true, false],
  ],
  [
    'two probes',
    [
      [1, 0, 0, 'a'],
      [1, 2, 0, 'b'],
      [2, 0, 0, 'a'],
    ],
    [false, true, false],
  ],
])('%s', (_name, batches, expected) => {
  const losses = new ProbeLosses(100);
  expect(
    batches.map(([sequence, kernel, queue, id]) => losses.isLossy('s', batch(sequence, kernel, queue, id))),
  ).toEqual(expected);
});

test('probes of another sender with the same id are others', () => {
  const losses = new ProbeLosses(100);
  expect(losses.isLossy('a', batch(1, 1))).toBe(true);
  expect(losses.isLossy('b', batch(2, 1))).toBe(true);
});

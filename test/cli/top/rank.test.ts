import { expect, test } from 'vitest';
import { rankEnds, rankPairs } from '../../../services/cli/top/rank.ts';
import { groupingOf } from '../../../services/cli/top/ranked.ts';
import { rankingText } from '../../../services/cli/top/ranking-text.ts';
import type { Group } from '../../../services/console/shape/group.ts';
import { NO_VOLUME } from '../../../services/console/shape/volume.ts';

const PODS = groupingOf('pods')!;

function group(
  side: 'source' | 'destination',
  pod: string | undefined,
  bytes: number,
  connections = 1,
): Group {
  const values = { [`${side}.kubernetes.namespace`]: 'shop', [`${side}.kubernetes.pod.name`]: pod };
  return { values, volume: { ...NO_VOLUME, sourceBytes: bytes, destinationBytes: 10, connections } };
}

const whole = (...groups: readonly Group[]) => ({ groups, isPartial: false });
const SOURCE = whole(group('source', 'a', 100), group('source', 'b', 300));
const DESTINATION = whole(group('destination', 'b', 100), group('destination', 'c', 300, 2000));

test('an end is one row for what it opened and what it answered', () => {
  const { rows, found, total, isPartial } = rankEnds(
    { source: SOURCE, destination: DESTINATION },
    PODS,
    'bytes',
    2,
  );
  expect(
    rows.map(({ names, opened, answered }) => [names[0], opened.sourceBytes, answered.sourceBytes]),
  ).toEqual([
    ['shop/b', 300, 100],
    ['shop/c', 0, 300],
  ]);
  // Of all flows, each once, though each has two ends.
  expect([found, total.sourceBytes, isPartial]).toEqual([3, 400, false]);
});

test('of ends that are not looked at nothing counts', () => {
  const { rows, total } = rankEnds({ source: undefined, destination: DESTINATION }, PODS, 'connections', 9);
  expect(rows.map(({ names }) => names[0])).toEqual(['shop/c', 'shop/b']);
  expect(total.connections).toBe(2001);
});

test('a part of the groups is a part of the ranking', () => {
  const source = { ...SOURCE, isPartial: true };
  expect(rankEnds({ source, destination: DESTINATION }, PODS, 'bytes', 9).isPartial).toBe(true);
});

test('what has the same names is one pair, and what is equal has an order', () => {
  const pair = (from: string, to: string, port: number, namedBy: string): Group => ({
    values: {
      'source.kubernetes.pod.name': from,
      'destination.kubernetes.pod.name': to,
      'flowtap.source.named_by': namedBy,
      'destination.port': port,
    },
    volume: { ...NO_VOLUME, sourceBytes: 5 },
  });
  const groups = whole(
    pair('b', 'c', 80, 'self'),
    pair('a', 'c', 80, 'self'),
    pair('b', 'c', 81, 'interval'),
  );
  const names = (extra: readonly string[]) =>
    rankPairs(groups, PODS, extra, 'bytes', 9).rows.map((row) => row.names);
  expect(names([])).toEqual([
    ['b', 'c'],
    ['a', 'c'],
  ]);
  expect(names(['destination.port'])).toEqual([
    ['a', 'c', '80'],
    ['b', 'c', '80'],
    ['b', 'c', '81'],
  ]);
});

test('counts that are approximate say so, and columns fit the terminal', () => {
  const ranking = rankEnds({ source: undefined, destination: DESTINATION }, PODS, 'bytes', 9);
  const text = (maxWidth: number | undefined) =>
    rankingText(ranking, {
      ...{ arePairs: false, withPorts: false, sort: 'bytes', maxWidth },
      paint: (_, line) => line,
    });
  expect(text(undefined)).toBe(
    [
      'NAME     SHARE  SENT  RECEIVED  PACKETS  OPENED  ANSWERED  LOST',
      'shop/c  73.8 %  10 B     300 B        0       0    ~2,000',
      'shop/b  26.2 %  10 B     100 B        0       0         1',
      '',
    ].join('\n'),
  );
  expect(text(60).split('\n')[0]).toBe('NAME     SHARE  SENT  RECEIVED  OPENED  ANSWERED  LOST');
});

test.each(['', 'pod', 'label:', 'label:-a', 'label:a b', 'toString', 'pairs'])(
  '%s is nothing to be ranked by',
  (word) => {
    expect(groupingOf(word)).toBeUndefined();
  },
);

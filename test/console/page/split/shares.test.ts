import { describe, expect, test } from 'vitest';
import type { PodShare, Volume } from '../../../../services/console/flow-source.ts';
import { readWeights, sharesBy } from '../../../../services/console/page/split/shares.ts';
import { NO_VOLUME } from '../../../../services/console/shape/volume.ts';

const volume = (connections: number, bytes = connections * 1000): Volume => ({
  ...NO_VOLUME,
  connections,
  sourceBytes: bytes,
});
describe('shares', () => {
  const pod = (name: string, version: string, connections: number): PodShare => ({
    ...{ pod: name, node: undefined, version, label: undefined },
    volume: volume(connections),
  });
  const PODS = [pod('a', 'v1', 60), pod('b', 'v1', 30), pod('c', 'v2', 10)];
  const shown = (...args: Parameters<typeof sharesBy>) =>
    sharesBy(...args).map(({ name, pods, connections, share, expected }) => [
      name,
      pods,
      connections,
      share,
      expected,
    ]);

  test.each([
    [
      'pod',
      '',
      [
        ['a', 1, 60, 0.6, 1 / 3],
        ['b', 1, 30, 0.3, 1 / 3],
        ['c', 1, 10, 0.1, 1 / 3],
      ],
    ],
    [
      'version',
      '',
      [
        ['v1', 2, 90, 0.9, 2 / 3],
        ['v2', 1, 10, 0.1, 1 / 3],
      ],
    ],
    [
      'version',
      'v1=95 v2=5',
      [
        ['v1', 2, 90, 0.9, 0.95],
        ['v2', 1, 10, 0.1, 0.05],
      ],
    ],
    [
      'version',
      'v9=5',
      [
        ['v1', 2, 90, 0.9, 2 / 3],
        ['v2', 1, 10, 0.1, 1 / 3],
      ],
    ],
    ['node', '', [['none', 3, 100, 1, 1]]],
  ] as const)('by %s with weights %j', (grouping, weights, expected) => {
    expect(shown(PODS, grouping, readWeights(weights)!)).toEqual(expected);
  });

  test('what chance does: two standard deviations', () => {
    const [{ chance }] = sharesBy(PODS, 'pod', new Map());
    expect(chance).toBeCloseTo(2 * Math.sqrt((1 / 3) * (2 / 3) * 0.01));
  });

  test('without connections nothing is divided by', () => {
    expect(shown([pod('a', 'v1', 0)], 'pod', new Map())).toEqual([['a', 1, 0, 0, 1]]);
  });

  test.each([
    [
      'v1=90 v2=10',
      [
        ['v1', 90],
        ['v2', 10],
      ],
    ],
    [
      'v1:90%, v2:10%',
      [
        ['v1', 90],
        ['v2', 10],
      ],
    ],
    ['', []],
    ['v1', undefined],
    ['v1=-1', undefined],
  ])('weights %j are %j', (text, expected) => {
    expect(readWeights(text)).toEqual(expected && new Map(expected as [string, number][]));
  });
});

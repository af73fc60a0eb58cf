import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Edge, End, Volume } from '../../../../services/console/flow-source.ts';
import { graphOf, MAX_LINKS, MAX_NODES, toggled } from '../../../../services/console/page/map/graph.ts';
import { columnsOf } from '../../../../services/console/page/map/layers.ts';
import type { Rectangle } from '../../../../services/console/page/map/layout.ts';
import { layoutOf } from '../../../../services/console/page/map/layout.ts';
import { widthScale } from '../../../../services/console/page/map/link-path.ts';
import { NO_VOLUME } from '../../../../services/console/shape/volume.ts';

const volume = (connections: number, bytes = connections * 1000): Volume => ({
  ...NO_VOLUME,
  connections,
  sourceBytes: bytes,
});
const service = (namespace: string, name: string): End => ({ kind: 'service', namespace, name });
const edge = (source: End, destination: End, connections = 1): Edge => ({
  source,
  destination,
  volume: volume(connections),
});
const OUTSIDE: End = { kind: 'outside', name: 'outside' };

describe('the graph of the map', () => {
  const EDGES = [
    edge(service('a', 'x'), service('a', 'y'), 3),
    edge(service('a', 'x'), service('b', 'z'), 2),
    edge(service('b', 'z'), OUTSIDE, 1),
  ];

  test.each([
    ['', ['service:a/x', 'service:a/y', 'service:b/z', 'outside'], 3],
    ['*', ['service:a/x', 'service:a/y', 'service:b/z', 'outside'], 3],
    ['a', ['service:a/x', 'service:a/y', 'namespace:b', 'outside'], 3],
    ['-', ['namespace:a', 'namespace:b', 'outside'], 2],
  ])('with %j open: %j', (open, nodes, links) => {
    const graph = graphOf(EDGES, { open, weight: 'bytes' });
    expect(graph.nodes.map(({ id }) => id)).toEqual(nodes);
    expect(graph.links).toHaveLength(links);
  });

  test('namespaces are opened and closed', () => {
    expect(toggled(['a', 'b'], 'a')).toBe('b');
    expect(toggled(['b'], 'b')).toBe('-');
    expect(toggled([], 'c')).toBe('c');
  });

  test('of too many the heaviest are drawn', () => {
    const many = Array.from({ length: 500 }, (_, index) =>
      edge(service('a', `s${index}`), service('b', `t${index}`), index + 1),
    );
    const graph = graphOf(many, { open: '*', weight: 'connections' });
    expect(graph.nodes).toHaveLength(MAX_NODES);
    expect(graph.links.length).toBeLessThanOrEqual(MAX_LINKS);
    expect(graph.nodes.some(({ id }) => id === 'service:b/t499')).toBe(true);
    expect(graph.hiddenNodes).toBe(1000 - MAX_NODES);
  });
});

describe('its layout', () => {
  test.each([
    [
      [
        ['a', 'b'],
        ['b', 'c'],
      ],
      { a: 0, b: 1, c: 2 },
    ],
    [
      [
        ['a', 'c'],
        ['a', 'b'],
        ['b', 'c'],
      ],
      { a: 0, b: 1, c: 2 },
    ],
    // The last is the lightest.
    [
      [
        ['a', 'b'],
        ['b', 'c'],
        ['c', 'a'],
      ],
      { a: 0, b: 1, c: 2 },
    ],
    [[['a', 'a']], { a: 0, b: 0, c: 0 }],
  ])('%j is in columns %j', (pairs, columns) => {
    const arrows = pairs.map(([source, target], index) => ({ source, target, weight: 10 - index }));
    expect(Object.fromEntries(columnsOf(['a', 'b', 'c'], arrows))).toEqual(columns);
  });

  const anyEdges = fc.array(
    fc.record({ from: fc.nat(25), to: fc.nat(25), count: fc.integer({ min: 1, max: 1000 }) }),
    { minLength: 1, maxLength: 80 },
  );
  const endOf = (index: number): End => (index > 23 ? OUTSIDE : service(`n${index % 4}`, `s${index}`));

  test('no two nodes overlap, all are inside, and the same graph is drawn the same', () => {
    fc.assert(
      fc.property(anyEdges, (rows) => {
        const edges = rows.map(({ from, to, count }) => edge(endOf(from), endOf(to), count));
        const graph = graphOf(edges, { open: '*', weight: 'bytes' });
        const layout = layoutOf(graph, 'bytes');
        const places = [...layout.nodes.values()];
        expect(places).toHaveLength(graph.nodes.length);
        for (const [index, a] of places.entries()) {
          expect(
            a.x >= 0 && a.y >= 0 && a.x + a.width <= layout.width && a.y + a.height <= layout.height,
          ).toBe(true);
          for (const b of places.slice(index + 1)) expect(doOverlap(a, b)).toBe(false);
        }
        expect(layoutOf(graph, 'bytes')).toEqual(layout);
      }),
      { numRuns: 100 },
    );
  });

  function doOverlap(a: Rectangle, b: Rectangle): boolean {
    return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
  }

  test('widths grow with the logarithm', () => {
    const widthOf = widthScale([1, 1000, 1_000_000]);
    const [least, middle, most] = [1, 1000, 1_000_000].map(widthOf);
    expect(least).toBe(1);
    expect(most).toBe(8);
    expect(middle).toBeGreaterThan(least);
    expect(most - middle).toBeGreaterThan(middle - least);
  });
});

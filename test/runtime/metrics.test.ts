import { expect, test } from 'vitest';
import type { MetricTable } from '../../services/runtime/metrics.ts';
import { MetricRegistry } from '../../services/runtime/metrics.ts';
import { metricsMarkdown } from '../../services/runtime/metrics-doc.ts';

const TABLE = {
  events: { kind: 'counter', name: 'test_events_total', help: 'Events | by type.', labels: ['type'] },
  starts: { kind: 'counter', name: 'test_starts_total', help: 'Starts.' },
  size: { kind: 'gauge', name: 'test_size', help: 'Size.' },
  parts: { kind: 'gauge', name: 'test_parts', help: 'Parts.', labels: ['part'] },
  seconds: { kind: 'histogram', name: 'test_seconds', help: 'Time.', buckets: [1, 10] },
} as const satisfies MetricTable;

test('what was counted is in the text, and what was not is 0', async () => {
  const registry = new MetricRegistry();
  const metrics = registry.define(TABLE);
  metrics.events.add(2, { type: 'new' });
  metrics.events.add(3, { type: 'old' });
  let size = 4;
  metrics.size.read(() => size);
  metrics.parts.set(1, { part: 'a' });
  metrics.parts.read(() => 2 * size, { part: 'b' });
  metrics.seconds.observe(5);
  size = 7;
  const lines = (await registry.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  expect(lines).toEqual([
    'test_events_total{type="new"} 2',
    'test_events_total{type="old"} 3',
    'test_starts_total 0',
    'test_size 7',
    'test_parts{part="a"} 1',
    'test_parts{part="b"} 14',
    'test_seconds_bucket{le="1"} 0',
    'test_seconds_bucket{le="10"} 1',
    'test_seconds_bucket{le="+Inf"} 1',
    'test_seconds_sum 5',
    'test_seconds_count 1',
  ]);
  expect(registry.contentType).toContain('text/plain');
  expect(await registry.value('test_events_total')).toBe(5);
  expect(await registry.value('test_events_total', { type: 'old' })).toBe(3);
  expect(await registry.value('test_nothing')).toBe(0);
});

test('a counter that somebody else counts', async () => {
  const registry = new MetricRegistry();
  const metrics = registry.define(TABLE);
  let sum = 3;
  metrics.starts.read(() => sum);
  metrics.events.read(() => 2 * sum, { type: 'new' });
  expect(await registry.value('test_starts_total')).toBe(3);
  sum = 5;
  expect([await registry.value('test_starts_total'), await registry.value('test_events_total')]).toEqual([
    5, 10,
  ]);
});

test('two registries count apart', async () => {
  const [one, other] = [new MetricRegistry(), new MetricRegistry()];
  one.define(TABLE).starts.add(1);
  other.define(TABLE);
  expect([await one.value('test_starts_total'), await other.value('test_starts_total')]).toEqual([1, 0]);
});

test('the table of the documentation', () => {
  expect(metricsMarkdown([TABLE]).split('\n').slice(0, 4)).toEqual([
    '| Metric | Kind | Labels | Meaning |',
    '| --- | --- | --- | --- |',
    '| `test_events_total` | counter | `type` | Events \\| by type. |',
    '| `test_starts_total` | counter |  | Starts. |',
  ]);
});

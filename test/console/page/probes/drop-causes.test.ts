import { describe, expect, test } from 'vitest';
import { DROP_CAUSES, troubles } from '../../../../services/console/page/probes/drop-causes.ts';
import { PROBE_COUNTERS } from '../../../../services/probe/transport/probe-counters.ts';

describe('causes of drops', () => {
  const names = PROBE_COUNTERS.map(({ name }) => name);

  test('each is a counter of the probe', () => {
    expect(DROP_CAUSES.map(({ counter }) => counter).filter((name) => !names.includes(name))).toEqual([]);
  });

  test('each counter of dropped records or packets is shown', () => {
    const shown = DROP_CAUSES.map(({ counter }) => counter);
    const dropped = names.filter(
      (name) => /_events$|_drops$/.test(name) && /drop|corrupt|rejected/.test(name),
    );
    expect(dropped.filter((name) => !shown.includes(name))).toEqual([]);
  });

  test('only what is not zero, and of decoding every cause', () => {
    const counters = {
      'capture.packets': 9,
      'capture.kernel_drops': 2,
      'queue.dropped_events': 0,
      'decode.not_ip': 3,
      'decode.frames': 9,
    };
    expect(troubles(counters).map(({ counter, count, isLoss }) => [counter, count, isLoss])).toEqual([
      ['capture.kernel_drops', 2, true],
      ['decode.not_ip', 3, false],
    ]);
  });
});

import { expect, test } from 'vitest';
import type { ProbeState } from '../../../../services/console/flow-source.ts';
import { healthOf } from '../../../../services/console/page/probes/probe-health.ts';

const AT_MS = Date.parse('2026-01-15T10:00:00Z');
const PROBE: ProbeState = {
  ...{ id: 'p', name: 'web-1', namespace: 'shop', node: undefined, version: undefined, started: undefined },
  ...{ lastHeartbeat: '2026-01-15T10:00:00Z', isFinal: false, error: undefined, counters: {} },
};

test.each([
  [{}, 60_000, 'well'],
  [{}, 600_000, 'silent'],
  [{ counters: { 'flow.late_packets': 1 } }, 0, 'well'],
  [{ counters: { 'capture.kernel_drops': 1 } }, 0, 'loses'],
  [{ counters: { 'capture.kernel_drops': 1, 'capture.degraded': 1 } }, 0, 'blind'],
  [{ isFinal: true, counters: { 'capture.kernel_drops': 1 } }, 600_000, 'ended'],
] as const)('%j after %i ms is %s', (changes, afterMs, health) => {
  expect(healthOf({ ...PROBE, ...changes }, AT_MS + afterMs)).toBe(health);
});

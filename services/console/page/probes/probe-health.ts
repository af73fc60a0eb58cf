import type { ProbeState } from '../../flow-source.ts';
import { troubles } from './drop-causes.ts';

export type ProbeHealth = 'well' | 'loses' | 'blind' | 'silent' | 'ended';

/** A probe that says nothing for so long is not well: it says something every minute. */
const SILENT_MS = 180_000;

/** How a probe is: what it said last, and how long ago. */
export function healthOf({ isFinal, lastHeartbeat, counters }: ProbeState, nowMs: number): ProbeHealth {
  if (isFinal) return 'ended';
  if (nowMs - Date.parse(lastHeartbeat) > SILENT_MS) return 'silent';
  if ((counters['capture.degraded'] ?? 0) > 0) return 'blind';
  return troubles(counters).some(({ isLoss }) => isLoss) ? 'loses' : 'well';
}

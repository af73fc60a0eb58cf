import type { EndReason } from '../../core/flow-record.ts';
import * as packet from '../decode/packet-row.ts';
import * as flow from './flow-row.ts';

/** A packet's time, and that of a flow's last packet, in seconds with their fraction. */
export function secondsOf(batch: Int32Array, base: number): number {
  return (batch[base + packet.SECONDS] >>> 0) + batch[base + packet.NANOSECONDS] / 1e9;
}

export function lastSecondsOf(words: Int32Array, at: number): number {
  return (words[at + flow.LAST_SECONDS] >>> 0) + words[at + flow.LAST_NANOSECONDS] / 1e9;
}

/** Whether the flow has something that no record has told yet: packets, or its end. */
export function hasNews(state: number): boolean {
  return (state & flow.ACTIVE) !== 0 || (state & flow.FINAL_EXPORTED) === 0;
}

/** How TCP ended the flow, undefined while it is open: a reset, or a FIN from both ends. */
export function closedReason(state: number): EndReason | undefined {
  if ((state & (flow.RESET_A | flow.RESET_B)) !== 0) return 'rst';
  const fins = flow.FIN_A | flow.FIN_B;
  return (state & fins) === fins ? 'fin' : undefined;
}

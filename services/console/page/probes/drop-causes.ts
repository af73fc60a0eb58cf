/** A counter of what did not become a record, or came to grief. */
export interface DropCause {
  readonly counter: string;
  readonly meaning: string;
  /** What was captured is lost; the others are things to know. */
  readonly isLoss: boolean;
}

const loss = (counter: string, meaning: string): DropCause => ({ counter, meaning, isLoss: true });
const remark = (counter: string, meaning: string): DropCause => ({ counter, meaning, isLoss: false });

/** Counters of probes that say what went wrong, by cause. */
export const DROP_CAUSES: readonly DropCause[] = [
  loss('capture.kernel_drops', 'packets for which the ring had no room'),
  loss('flow.evicted', 'flows that made room in a full table'),
  loss('output.dropped_events', 'records that came faster than they can be compressed'),
  loss('queue.dropped_events', 'records that waited too long for delivery'),
  loss('spool.dropped_events', 'records for which the spool had no room'),
  loss('spool.corrupt_events', 'records that were damaged in the spool'),
  loss('delivery.refused_dropped_events', 'records in batches that the receiver refuses'),
  loss('delivery.rejected_events', 'records that the receiver could not use'),
  remark('delivery.failed', 'deliveries that failed and are tried again'),
  remark('delivery.unanswered', 'deliveries without an answer'),
  remark('delivery.unauthorised', 'deliveries with a token that is not accepted'),
  remark('spool.failed_writes', 'writes to the spool that failed'),
  remark('capture.kernel_freezes', 'times the ring was full'),
  remark('capture.unknown_link_frames', 'frames that are neither Ethernet nor IP'),
  remark('flow.late_packets', 'packets that count in a later window than their own'),
  remark('flow.forgotten_gaps', 'gaps in TCP streams that found no place to be remembered'),
];

/** Those of a probe that are not zero; of decoding, each cause by its own name. */
export function troubles(
  counters: Readonly<Record<string, number>>,
): readonly (DropCause & { readonly count: number })[] {
  const known = DROP_CAUSES.map((cause) => ({ ...cause, count: counters[cause.counter] ?? 0 }));
  const names = new Set(DROP_CAUSES.map(({ counter }) => counter));
  const sums = ['decode.frames', 'decode.bytes', 'decode.other_frames', 'decode.other_bytes'];
  const others = Object.entries(counters)
    .filter(([name]) => name.startsWith('decode.') && !names.has(name) && !sums.includes(name))
    .map(([counter, count]) => ({
      ...remark(counter, `frames: ${counter.slice(7).replaceAll('_', ' ')}`),
      count,
    }));
  return [...known, ...others].filter(({ count }) => count > 0);
}

import type { CaptureHealth, SourceStatistics } from '../capture/packet-source.ts';
import { DECODE_CAUSES } from '../decode/decode-counters.ts';
import type { FlowMeterStatistics } from '../flow/flow-meter.ts';
import type { OwnVolume } from './connector.ts';
import type { DeliveryCounts } from './delivery-counts.ts';

/** Everything that a probe counts, at one moment. */
export interface ProbeCounts {
  readonly source: SourceStatistics;
  readonly health: CaptureHealth | undefined;
  readonly meter: FlowMeterStatistics;
  readonly output: { readonly events: number; readonly overrunEvents: number };
  readonly delivery: DeliveryCounts;
  readonly waiting: { readonly batches: number; readonly memoryBytes: number; readonly spoolBytes: number };
  readonly own: OwnVolume;
  readonly process: { readonly memoryBytes: number; readonly cpuSeconds: number };
}

export interface ProbeCounter {
  /** Never used for something else. A name with `drops` or `dropped` in it makes loss unreliable. */
  readonly name: string;
  /** One sentence for docs/delivery.md. */
  readonly doc: string;
  /** Undefined where this kind of capture cannot tell. */
  readonly read: (counts: ProbeCounts) => number | undefined;
}

const counter = (name: string, doc: string, read: ProbeCounter['read']): ProbeCounter => ({
  name,
  doc,
  read,
});

const CAUSES = DECODE_CAUSES.map((cause) =>
  counter(
    `decode.${cause}`,
    `Frames of the cause \`${cause}\`, see [capture](capture.md#counters).`,
    ({ meter }) => meter.causes[cause] ?? 0,
  ),
);

/** The counters in the header of each delivery. */
export const PROBE_COUNTERS: readonly ProbeCounter[] = [
  counter(
    'capture.packets',
    'Packets that passed the filter, dropped ones included.',
    (c) => c.source.kernelReceived,
  ),
  counter('capture.kernel_drops', 'Packets for which the ring had no room.', (c) => c.source.kernelDrops),
  counter('capture.kernel_freezes', 'Times the ring was full.', (c) => c.source.kernelFreezes),
  counter('capture.frames', 'Frames taken from the kernel.', (c) => c.source.frames),
  counter(
    'capture.unknown_link_frames',
    'Frames that are neither Ethernet nor IP.',
    (c) => c.source.unsupportedLink,
  ),
  counter('capture.interfaces', 'Interfaces captured on now.', (c) => c.source.interfaces.length),
  counter(
    'capture.degraded',
    '1 while nothing can be captured, see [a probe that cannot capture](#a-probe-that-cannot-capture), else 0.',
    (c) => (c.health?.failure === undefined ? 0 : 1),
  ),
  counter('capture.failures', 'Times capturing could not start, or broke.', (c) => c.health?.failures ?? 0),
  counter('decode.frames', 'Frames looked at.', (c) => c.meter.frames),
  counter('decode.bytes', 'Their lengths on the wire.', (c) => c.meter.frameBytes),
  counter('decode.other_frames', 'Frames in no flow.', (c) => c.meter.otherFrames),
  counter('decode.other_bytes', 'Their lengths on the wire.', (c) => c.meter.otherFrameBytes),
  ...CAUSES,
  counter('flow.packets', 'IP packets in flows.', (c) => c.meter.packets),
  counter('flow.bytes', 'IP bytes in flows.', (c) => c.meter.ipBytes),
  counter('flow.started', 'Flows begun.', (c) => c.meter.flows),
  counter('flow.live', 'Flows in the table now.', (c) => c.meter.liveFlows),
  counter('flow.records', 'Records written.', (c) => c.meter.records),
  counter('flow.evicted', 'Flows that made room in a full table.', (c) => c.meter.evictedFlows),
  counter(
    'flow.late_packets',
    'Packets that count in a later window than their own.',
    (c) => c.meter.latePackets,
  ),
  counter(
    'flow.forgotten_gaps',
    'Gaps in TCP streams that found no place to be remembered.',
    (c) => c.meter.forgottenGaps,
  ),
  counter('output.events', 'Events to be delivered.', (c) => c.output.events),
  counter(
    'output.dropped_events',
    'Events that came faster than they can be compressed.',
    (c) => c.output.overrunEvents,
  ),
  counter('queue.batches', 'Batches that wait now, or are being sent.', (c) => c.waiting.batches),
  counter('queue.bytes', 'Bytes of them in memory, compressed.', (c) => c.waiting.memoryBytes),
  counter(
    'queue.dropped_batches',
    'Batches dropped from a full queue.',
    (c) => c.delivery.queueDroppedBatches,
  ),
  counter('queue.dropped_events', 'Their events.', (c) => c.delivery.queueDroppedEvents),
  counter('queue.dropped_bytes', 'The bytes of these, uncompressed.', (c) => c.delivery.queueDroppedBytes),
  counter('spool.bytes', 'Bytes in the spool now, compressed.', (c) => c.waiting.spoolBytes),
  counter(
    'spool.dropped_batches',
    'Batches dropped from a full spool.',
    (c) => c.delivery.spoolDroppedBatches,
  ),
  counter('spool.dropped_events', 'Their events.', (c) => c.delivery.spoolDroppedEvents),
  counter('spool.dropped_bytes', 'The bytes of these, uncompressed.', (c) => c.delivery.spoolDroppedBytes),
  counter(
    'spool.corrupt_batches',
    'Files of the spool that were damaged, cut off or gone.',
    (c) => c.delivery.spoolCorruptBatches,
  ),
  counter('spool.corrupt_events', 'Their events, as far as known.', (c) => c.delivery.spoolCorruptEvents),
  counter('spool.failed_writes', 'Batches that stayed in memory.', (c) => c.delivery.spoolFailedWrites),
  counter(
    'spool.recovered_batches',
    'Batches of earlier runs found at the start.',
    (c) => c.delivery.recoveredBatches,
  ),
  counter('spool.recovered_events', 'Their events.', (c) => c.delivery.recoveredEvents),
  counter('delivery.batches', 'Deliveries that the receiver took.', (c) => c.delivery.deliveredBatches),
  counter('delivery.events', 'Their events.', (c) => c.delivery.deliveredEvents),
  counter('delivery.bytes', 'Their bytes, compressed.', (c) => c.delivery.deliveredBytes),
  counter(
    'delivery.rejected_events',
    'Of these, events that the receiver said it could not take.',
    (c) => c.delivery.rejectedEvents,
  ),
  counter(
    'delivery.duplicate_events',
    'Of these, events that the receiver said it had already.',
    (c) => c.delivery.duplicateEvents,
  ),
  counter(
    'delivery.refused_dropped_batches',
    'Deliveries dropped because the receiver will never take them (400, 413, 415, 422).',
    (c) => c.delivery.refusedBatches,
  ),
  counter('delivery.refused_dropped_events', 'Their events.', (c) => c.delivery.refusedEvents),
  counter(
    'delivery.retried',
    'Attempts that were not the first of their delivery.',
    (c) => c.delivery.retriedBatches,
  ),
  counter(
    'delivery.split',
    'Deliveries cut in two because they were too large (413).',
    (c) => c.delivery.splitBatches,
  ),
  counter(
    'delivery.unanswered',
    'Attempts without an answer: not reached, broken off, too slow.',
    (c) => c.delivery.unansweredAttempts,
  ),
  counter(
    'delivery.unauthorised',
    'Attempts answered with 401 or 403.',
    (c) => c.delivery.unauthorisedAttempts,
  ),
  counter('delivery.slowed', 'Attempts answered with 429 or 503.', (c) => c.delivery.slowedAttempts),
  counter(
    'delivery.failed',
    'Attempts with another answer that is no success.',
    (c) => c.delivery.failedAttempts,
  ),
  counter('own.sent_packets', "Packets of the probe's own connections.", (c) => c.own.sentPackets),
  counter('own.received_packets', 'Packets that came for them.', (c) => c.own.receivedPackets),
  counter('own.sent_bytes', 'TCP data that they sent, repetitions included.', (c) => c.own.sentBytes),
  counter('own.received_bytes', 'TCP data that they received.', (c) => c.own.receivedBytes),
  counter('process.memory_bytes', 'Resident memory now.', (c) => c.process.memoryBytes),
  counter('process.cpu_seconds', 'Processor time, in the kernel too.', (c) => c.process.cpuSeconds),
];

/** The counters by name, without those that are not known. */
export function readProbeCounters(counts: ProbeCounts): Readonly<Record<string, number>> {
  const values: Record<string, number> = {};
  for (const { name, read } of PROBE_COUNTERS) {
    const value = read(counts);
    if (value !== undefined) values[name] = value;
  }
  return values;
}

import type { DeliveryFacts } from './delivery.ts';

/** What delivering counts. Each event ends in one of delivered, refused, corrupt or dropped, or still waits. */
export interface DeliveryCounts {
  deliveredBatches: number;
  deliveredEvents: number;
  /** Compressed. */
  deliveredBytes: number;
  /** Of the delivered ones, what the receiver said it did not take, and what it had already. */
  rejectedEvents: number;
  duplicateEvents: number;
  refusedBatches: number;
  refusedEvents: number;
  /** Attempts that were not the first of their delivery. */
  retriedBatches: number;
  /** Attempts without an answer, and by what was answered. */
  unansweredAttempts: number;
  unauthorisedAttempts: number;
  slowedAttempts: number;
  failedAttempts: number;
  splitBatches: number;
  queueDroppedBatches: number;
  queueDroppedEvents: number;
  queueDroppedBytes: number;
  spoolDroppedBatches: number;
  spoolDroppedEvents: number;
  spoolDroppedBytes: number;
  spoolCorruptBatches: number;
  spoolCorruptEvents: number;
  spoolFailedWrites: number;
  /** What earlier runs left in the spool. */
  recoveredBatches: number;
  recoveredEvents: number;
}

export function createDeliveryCounts(): DeliveryCounts {
  return {
    deliveredBatches: 0,
    deliveredEvents: 0,
    deliveredBytes: 0,
    rejectedEvents: 0,
    duplicateEvents: 0,
    refusedBatches: 0,
    refusedEvents: 0,
    retriedBatches: 0,
    unansweredAttempts: 0,
    unauthorisedAttempts: 0,
    slowedAttempts: 0,
    failedAttempts: 0,
    splitBatches: 0,
    queueDroppedBatches: 0,
    queueDroppedEvents: 0,
    queueDroppedBytes: 0,
    spoolDroppedBatches: 0,
    spoolDroppedEvents: 0,
    spoolDroppedBytes: 0,
    spoolCorruptBatches: 0,
    spoolCorruptEvents: 0,
    spoolFailedWrites: 0,
    recoveredBatches: 0,
    recoveredEvents: 0,
  };
}

/** A delivery for which there was no room, or no time. */
export function countDropped(
  counts: DeliveryCounts,
  from: 'queue' | 'spool',
  { events, eventBytes }: Pick<DeliveryFacts, 'events' | 'eventBytes'>,
): void {
  counts[`${from}DroppedBatches`]++;
  counts[`${from}DroppedEvents`] += events;
  counts[`${from}DroppedBytes`] += eventBytes;
}

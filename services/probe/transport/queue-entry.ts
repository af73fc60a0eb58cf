import type { Delivery, DeliveryFacts } from './delivery.ts';
import type { SpooledDelivery } from './spool.ts';

/** A delivery that waits, or is being sent. */
export interface QueuedDelivery {
  readonly facts: DeliveryFacts;
}

/** What its queue knows of it. */
export interface QueueEntry extends QueuedDelivery {
  /** Undefined when it is in the spool only. */
  body: Uint8Array | undefined;
  file: SpooledDelivery | undefined;
  isTaken: boolean;
  isGone: boolean;
}

export function queueEntry({ body, ...facts }: Delivery): QueueEntry {
  return {
    facts: { ...facts, bodyBytes: body.length },
    body,
    file: undefined,
    isTaken: false,
    isGone: false,
  };
}

export function spooledEntry(file: SpooledDelivery): QueueEntry {
  return { facts: file.facts, body: undefined, file, isTaken: false, isGone: false };
}

/** In memory. Of headers alone there are two at most, which make no room for themselves, and are no loss. */
export function countedBytes({ facts, body }: QueueEntry): number {
  return facts.events === 0 ? 0 : (body?.length ?? 0);
}

import type { DirectionState, LossObservation } from './loss-exchange.ts';

/** `flowtap.loss.source` and `flowtap.loss.destination`: payload that this end sent and the other did not get. */
export interface DirectionLoss {
  readonly bytes: number;
  /** Measured at both ends, or concluded at one. */
  readonly evidence: 'both' | 'sender' | 'receiver';
  /** Set where a probe missed packets, so that the number may be wrong. */
  readonly unreliable?: true;
}

/**
 * The loss of a direction in a window, see docs/records.md: repeated at the sender − repeated at the receiver + what has
 * come to be missing at the receiver. With one end only an estimate: the sender's retransmissions, or what the receiver
 * missed and no reordering explains. Undefined where nothing can be said, or one end alone saw nothing lost.
 */
export function directionLoss(
  sender: DirectionState | undefined,
  receiver: DirectionState | undefined,
  isLossy: boolean,
): DirectionLoss | undefined {
  const isWrong = isLossy || (sender !== undefined && sender.missingBytes + sender.skippedBytes > 0);
  if (sender !== undefined && receiver !== undefined) {
    // Seen from its start by one and from its middle by the other, or two connections.
    const isOther = sender.initial !== receiver.initial;
    const bytes = sender.repeatedBytes - receiver.repeatedBytes + receiver.missingChange;
    return loss(bytes, 'both', isWrong || isOther);
  }
  if (sender !== undefined) {
    return sender.repeatedBytes > 0 ? loss(sender.repeatedBytes, 'sender', isWrong) : undefined;
  }
  if (receiver === undefined) return undefined;
  const bytes = receiver.skippedBytes - receiver.reorderedBytes;
  return bytes > 0 ? loss(bytes, 'receiver', isWrong) : undefined;
}

function loss(bytes: number, evidence: DirectionLoss['evidence'], isUnreliable: boolean): DirectionLoss {
  return isUnreliable ? { bytes, evidence, unreliable: true } : { bytes, evidence };
}

export interface FlowLoss {
  readonly source?: DirectionLoss;
  readonly destination?: DirectionLoss;
}

/** Both directions of a flow, seen by the probe of its source, of its destination, or of both. */
export function flowLoss(
  atSource: LossObservation | undefined,
  atDestination: LossObservation | undefined,
): FlowLoss | undefined {
  const isLossy = atSource?.isLossy === true || atDestination?.isLossy === true;
  const source = directionLoss(atSource?.source, atDestination?.source, isLossy);
  const destination = directionLoss(atDestination?.destination, atSource?.destination, isLossy);
  if (source === undefined) return destination === undefined ? undefined : { destination };
  return destination === undefined ? { source } : { source, destination };
}

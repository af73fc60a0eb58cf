import type { FlowtapTcpSide } from './ecs-flow.ts';

/** What a probe at one end of a TCP connection says of a window, for the probe at the other end. */
export interface LossObservation {
  /** Names the record, so that one that is sent again is not taken for a second one. */
  readonly eventId: string;
  readonly source: DirectionState | undefined;
  readonly destination: DirectionState | undefined;
  /** The probe itself missed packets. */
  readonly isLossy: boolean;
}

/** One direction of a connection in a window, as one probe saw it; see docs/records.md. */
export interface DirectionState {
  readonly initial: number;
  readonly repeatedBytes: number;
  /** Missing at the end of the window less missing at its start. */
  readonly missingChange: number;
  /** Missing at the end of the window. */
  readonly missingBytes: number;
  readonly skippedBytes: number;
  readonly reorderedBytes: number;
}

/** By which end's probe: that of the flow's source or that of its destination. */
export type ObservedFrom = 'source' | 'destination';

/** Of which connection and window, and from which end. */
export interface ObservationKey {
  readonly communityId: string;
  /** Both addresses, the source's first: an exchange may keep together what it has of a pair. */
  readonly pair: string;
  /** Start of the window, as the record has it. */
  readonly window: string;
  readonly from: ObservedFrom;
}

export interface PublishedObservation extends ObservationKey {
  readonly observation: LossObservation;
}

/** Where the two probes' observations of a connection and window meet. Either call may throw or hang: callers guard. */
export interface LossExchange {
  publish(observations: readonly PublishedObservation[]): Promise<void>;
  /** In the order of the keys; undefined where there is none, or more than one. */
  find(keys: readonly ObservationKey[]): Promise<readonly (LossObservation | undefined)[]>;
}

/** An end's observation of a flow, and where the other end's is to be found. */
export interface OwnObservation {
  readonly from: ObservedFrom;
  readonly own: LossObservation;
  /** Undefined where the other end has no probe. */
  readonly other: ObservationKey | undefined;
}

/** What a direction's record says, given what was missing at the end of the window before. */
export function directionState(
  side: FlowtapTcpSide,
  packets: number,
  missingBefore: number,
): DirectionState | undefined {
  const { sequence } = side;
  if (sequence === undefined) return undefined;
  const missingBytes = sequence.missing_bytes ?? 0;
  const skippedBytes = sequence.skipped_bytes ?? 0;
  // Records count the packets that were late, not their bytes.
  const meanPayload = packets > 0 ? Math.ceil(sequence.payload_bytes / packets) : 0;
  return {
    initial: sequence.initial,
    repeatedBytes: sequence.repeated_bytes ?? 0,
    missingChange: missingBytes - missingBefore,
    missingBytes,
    skippedBytes,
    reorderedBytes: Math.min(skippedBytes, (sequence.reordered_gaps ?? 0) * meanPayload),
  };
}

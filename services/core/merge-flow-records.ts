import type { FlowRecord, FlowSide, RoundTrips, SequenceState, TcpSide, Timestamp } from './flow-record.ts';

/**
 * Adds a later record of the same flow to an earlier one: counters add up, times span both, and what stands (sequence
 * state, end reason) is the later one's. Both must have the same source.
 */
export function mergeFlowRecords(earlier: FlowRecord, later: FlowRecord): FlowRecord {
  return {
    ...earlier,
    start: earliest(earlier.start, later.start),
    end: latest(earlier.end, later.end),
    endReason: later.endReason,
    source: mergeSides(earlier.source, later.source),
    destination: mergeSides(earlier.destination, later.destination),
  };
}

/** Negative when `a` is before `b`, 0 when they are the same. */
export function compareTimestamps(a: Timestamp, b: Timestamp): number {
  return a.seconds - b.seconds || a.nanoseconds - b.nanoseconds;
}

function earliest(a: Timestamp, b: Timestamp): Timestamp {
  return compareTimestamps(a, b) <= 0 ? a : b;
}

function latest(a: Timestamp, b: Timestamp): Timestamp {
  return compareTimestamps(a, b) >= 0 ? a : b;
}

function mergeSides(earlier: FlowSide, later: FlowSide): FlowSide {
  return {
    ...earlier,
    packets: earlier.packets + later.packets,
    bytes: earlier.bytes + later.bytes,
    tcp: both(earlier.tcp, later.tcp, mergeTcp),
  };
}

function mergeTcp(earlier: TcpSide, later: TcpSide): TcpSide {
  return {
    flags: earlier.flags | later.flags,
    resets: earlier.resets + later.resets,
    zeroWindows: earlier.zeroWindows + later.zeroWindows,
    syns: earlier.syns + later.syns,
    unansweredSyns: earlier.unansweredSyns + later.unansweredSyns,
    handshakeNanoseconds: earlier.handshakeNanoseconds ?? later.handshakeNanoseconds,
    roundTrips: both(earlier.roundTrips, later.roundTrips, mergeRoundTrips),
    sequence: both(earlier.sequence, later.sequence, mergeSequences),
  };
}

function mergeRoundTrips(a: RoundTrips, b: RoundTrips): RoundTrips {
  return {
    count: a.count + b.count,
    sumNanoseconds: a.sumNanoseconds + b.sumNanoseconds,
    minNanoseconds: Math.min(a.minNanoseconds, b.minNanoseconds),
    maxNanoseconds: Math.max(a.maxNanoseconds, b.maxNanoseconds),
  };
}

function mergeSequences(earlier: SequenceState, later: SequenceState): SequenceState {
  return {
    initial: earlier.initial,
    highest: later.highest,
    missingBytes: later.missingBytes,
    payloadBytes: earlier.payloadBytes + later.payloadBytes,
    repeatedBytes: earlier.repeatedBytes + later.repeatedBytes,
    skippedBytes: earlier.skippedBytes + later.skippedBytes,
    reorderedGaps: earlier.reorderedGaps + later.reorderedGaps,
  };
}

function both<T>(a: T | undefined, b: T | undefined, merge: (a: T, b: T) => T): T | undefined {
  if (a === undefined) return b;
  return b === undefined ? a : merge(a, b);
}

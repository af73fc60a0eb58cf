import * as flow from './flow-row.ts';
import type { HolePool } from './hole-pool.ts';

/** RFC 7323 section 2.3: no window is larger than 2^30 bytes; a jump beyond it is another stream. */
const MAX_JUMP = 2 ** 30;

/** A hole filled within this time was reordering, not loss. */
const REORDERING_NANOSECONDS = 3_000_000;

/**
 * Follows the payload of one direction by its sequence numbers. At any time, over the flow's life,
 *
 *     payload seen = stream bytes - missing bytes + bytes seen again
 *
 * so the records of two probes tell exactly what was lost between them (docs/adr/0004). In-order data costs one
 * comparison; the rest is in `addOutOfOrder`.
 *
 * @param side first word of the direction's part of the flow row
 * @param sequence number of the first payload byte
 * @param roundTripNanoseconds the flow's round trip, 0 when unknown
 */
export function addPayload(
  words: Int32Array,
  floats: Float64Array,
  side: number,
  sequence: number,
  payloadBytes: number,
  seconds: number,
  nanoseconds: number,
  roundTripNanoseconds: number,
  holes: HolePool,
): void {
  floats[(side + flow.PAYLOAD_BYTES) >> 1] += payloadBytes;
  if (sequence === words[side + flow.NEXT_SEQUENCE]) {
    words[side + flow.NEXT_SEQUENCE] = sequence + payloadBytes;
    floats[(side + flow.STREAM_BYTES) >> 1] += payloadBytes;
    return;
  }
  // A retransmission makes the next acknowledgment ambiguous (Karn's algorithm, RFC 6298 section 3).
  words[side + flow.SIDE_FLAGS] &= ~(flow.SAMPLING | flow.SAMPLING_SYN);
  const distance = (sequence - words[side + flow.NEXT_SEQUENCE]) | 0;
  if (distance > MAX_JUMP || distance < -MAX_JUMP) {
    continueAt(words, side, sequence + payloadBytes, holes);
    floats[(side + flow.STREAM_BYTES) >> 1] += payloadBytes;
  } else if (distance > 0) {
    const expected = words[side + flow.NEXT_SEQUENCE];
    words[side + flow.HOLES] = holes.open(
      words[side + flow.HOLES],
      expected,
      sequence,
      seconds,
      nanoseconds,
    );
    floats[(side + flow.MISSING_BYTES) >> 1] += distance;
    floats[(side + flow.SKIPPED_BYTES) >> 1] += distance;
    floats[(side + flow.STREAM_BYTES) >> 1] += distance + payloadBytes;
    words[side + flow.NEXT_SEQUENCE] = sequence + payloadBytes;
  } else {
    const young = Math.max(REORDERING_NANOSECONDS, roundTripNanoseconds / 4);
    addBelowHighest(words, floats, side, sequence, payloadBytes, seconds, nanoseconds, young, holes);
  }
}

/**
 * Goes on at another sequence number, as a new connection on the same ports does. What was missing stays missing;
 * the places of its holes mean nothing any more.
 */
export function continueAt(words: Int32Array, side: number, sequence: number, holes: HolePool): void {
  words[side + flow.NEXT_SEQUENCE] = sequence;
  const block = words[side + flow.HOLES];
  if (block === 0) return;
  holes.release(block);
  words[side + flow.HOLES] = 0;
}

function addBelowHighest(
  words: Int32Array,
  floats: Float64Array,
  side: number,
  sequence: number,
  payloadBytes: number,
  seconds: number,
  nanoseconds: number,
  youngNanoseconds: number,
  holes: HolePool,
): void {
  const highest = words[side + flow.NEXT_SEQUENCE];
  const below = Math.min(payloadBytes, (highest - sequence) | 0);
  let filledBytes = 0;
  const block = words[side + flow.HOLES];
  if (block !== 0) {
    words[side + flow.HOLES] = holes.fill(
      block,
      sequence,
      (sequence + below) | 0,
      seconds,
      nanoseconds,
      youngNanoseconds,
    );
    filledBytes = holes.filledBytes;
    if (filledBytes > 0 && holes.filledYoung) words[side + flow.REORDERED]++;
  }
  floats[(side + flow.MISSING_BYTES) >> 1] -= filledBytes;
  floats[(side + flow.REPEATED_BYTES) >> 1] += below - filledBytes;
  if (payloadBytes > below) {
    words[side + flow.NEXT_SEQUENCE] = sequence + payloadBytes;
    floats[(side + flow.STREAM_BYTES) >> 1] += payloadBytes - below;
  }
}

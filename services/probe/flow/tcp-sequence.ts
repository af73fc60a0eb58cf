import * as packet from '../decode/packet-row.ts';
import * as flow from './flow-row.ts';
import type { HolePool } from './hole-pool.ts';

/** RFC 7323 section 2.3: no window is larger than 2^30 bytes; a jump beyond it is another stream. */
const MAX_JUMP = 2 ** 30;

/** A hole filled within this time was reordering, not loss. */
const REORDERING_NANOSECONDS = 3_000_000;

/**
 * Takes payload that does not follow what was seen before into its direction's sequence state. At any time, over the
 * flow's life,
 *
 *     payload seen = stream bytes - missing bytes + bytes seen again
 *
 * so the records of two probes tell exactly what was lost between them (docs/adr/0004). Payload in order is added by
 * the caller, for the cost of one comparison.
 *
 * @param at first word of the flow's row
 * @param side first word of the direction's part of it
 * @param sequence number of the first payload byte
 */
export function addOutOfOrder(
  words: Int32Array,
  floats: Float64Array,
  at: number,
  side: number,
  sequence: number,
  packets: Int32Array,
  base: number,
  holes: HolePool,
): void {
  const payloadBytes = packets[base + packet.PAYLOAD_BYTES];
  const expected = words[side + flow.NEXT_SEQUENCE];
  const distance = (sequence - expected) | 0;
  floats[(side + flow.PAYLOAD_BYTES) >> 1] += payloadBytes;
  if (distance > MAX_JUMP || distance < -MAX_JUMP) {
    continueAt(words, side, sequence + payloadBytes, holes);
    floats[(side + flow.STREAM_BYTES) >> 1] += payloadBytes;
    return;
  }
  const seconds = packets[base + packet.SECONDS];
  const nanoseconds = packets[base + packet.NANOSECONDS];
  if (distance > 0) {
    const block = words[side + flow.HOLES];
    words[side + flow.HOLES] = holes.open(block, expected, sequence, seconds, nanoseconds);
    floats[(side + flow.MISSING_BYTES) >> 1] += distance;
    floats[(side + flow.SKIPPED_BYTES) >> 1] += distance;
    floats[(side + flow.STREAM_BYTES) >> 1] += distance + payloadBytes;
    words[side + flow.NEXT_SEQUENCE] = sequence + payloadBytes;
    return;
  }
  const roundTrip = (words[at + flow.HANDSHAKE_A] >>> 0) + (words[at + flow.HANDSHAKE_A + 1] >>> 0);
  const young = Math.max(REORDERING_NANOSECONDS, roundTrip / 4);
  addBelowHighest(words, floats, side, sequence, payloadBytes, seconds >>> 0, nanoseconds, young, holes);
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

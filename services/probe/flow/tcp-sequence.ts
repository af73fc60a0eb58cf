import * as packet from '../decode/packet-row.ts';
import * as flow from './flow-row.ts';
import type { HolePool } from './hole-pool.ts';

/** RFC 7323 section 2.3: no window is larger than 2^30 bytes; a jump beyond it is another stream. */
const MAX_JUMP = 2 ** 30;

/** A hole filled within this time was reordering, not loss. */
const REORDERING_NANOSECONDS = 3_000_000;

// Both read the numbers as unsigned first: half of them are then above what V8 takes for a small integer, so that it
// knows from the beginning that these are numbers, and does not compile everything around again for the first that wraps.

/** How far `to` is behind `from` in the stream, negative when before it (RFC 9293 section 3.4). */
export const sequenceDistance = (from: number, to: number): number => ((to >>> 0) - (from >>> 0)) | 0;

/** The sequence number behind that many bytes. */
export const sequenceAfter = (sequence: number, bytes: number): number => ((sequence >>> 0) + bytes) | 0;

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
 * @param direction 0 for endpoint A's payload, 1 for endpoint B's
 * @param sequence number of the first payload byte
 */
export function addOutOfOrder(
  words: Int32Array,
  floats: Float64Array,
  at: number,
  direction: number,
  sequence: number,
  packets: Int32Array,
  base: number,
  holes: HolePool,
): void {
  const end = at + direction;
  const side = at + direction * flow.SIDE_WORDS;
  const payloadBytes = packets[base + packet.PAYLOAD_BYTES];
  const expected = words[end + flow.NEXT_SEQUENCE];
  const distance = sequenceDistance(expected, sequence);
  floats[(side + flow.PAYLOAD_BYTES) >> 1] += payloadBytes;
  if (distance > MAX_JUMP || distance < -MAX_JUMP) {
    continueAt(words, at, direction, sequence + payloadBytes, holes);
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
    words[end + flow.NEXT_SEQUENCE] = sequence + payloadBytes;
    return;
  }
  const roundTrip = (words[at + flow.HANDSHAKE] >>> 0) + (words[at + flow.HANDSHAKE + flow.SIDE_WORDS] >>> 0);
  const young = Math.max(REORDERING_NANOSECONDS, roundTrip / 4);
  addBelowHighest(
    words,
    floats,
    at,
    direction,
    sequence,
    payloadBytes,
    seconds >>> 0,
    nanoseconds,
    young,
    holes,
  );
}

/**
 * Goes on at another sequence number, as a new connection on the same ports does. What was missing stays missing;
 * the places of its holes mean nothing any more.
 */
export function continueAt(
  words: Int32Array,
  at: number,
  direction: number,
  sequence: number,
  holes: HolePool,
): void {
  const side = at + direction * flow.SIDE_WORDS;
  words[at + direction + flow.NEXT_SEQUENCE] = sequence;
  const block = words[side + flow.HOLES];
  if (block === 0) return;
  holes.release(block);
  words[side + flow.HOLES] = 0;
}

function addBelowHighest(
  words: Int32Array,
  floats: Float64Array,
  at: number,
  direction: number,
  sequence: number,
  payloadBytes: number,
  seconds: number,
  nanoseconds: number,
  youngNanoseconds: number,
  holes: HolePool,
): void {
  const end = at + direction;
  const side = at + direction * flow.SIDE_WORDS;
  const highest = words[end + flow.NEXT_SEQUENCE];
  const below = Math.min(payloadBytes, sequenceDistance(sequence, highest));
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
    words[end + flow.NEXT_SEQUENCE] = sequence + payloadBytes;
    floats[(side + flow.STREAM_BYTES) >> 1] += payloadBytes - below;
  }
}

import * as packet from '../decode/packet-row.ts';
import * as flow from './flow-row.ts';
import type { HolePool } from './hole-pool.ts';
import { addOutOfOrder, continueAt, sequenceAfter, sequenceDistance } from './tcp-sequence.ts';

/**
 * In a typed array, so that V8 knows products with it as numbers from the beginning: as small integers they would be
 * until the first time beyond two seconds, and everything around would then be compiled again.
 */
const NANOSECONDS_PER_SECOND = Float64Array.of(1e9);

/** The longest time a round-trip word holds, 4.29 seconds. */
const MAX_NANOSECONDS = 0xffffffff;

/**
 * Takes one TCP packet into its flow: flags, resets, zero windows, SYNs, handshake and round-trip times, and
 * the sequence state of its direction.
 *
 * @param at first word of the flow's row
 * @param base first word of the packet's row
 */
export function trackTcp(
  words: Int32Array,
  floats: Float64Array,
  at: number,
  packets: Int32Array,
  base: number,
  holes: HolePool,
): void {
  const tcp = packets[base + packet.TCP];
  const flags = tcp & 0xff;
  const direction = packets[base + packet.DIRECTION];
  const end = at + direction;
  const side = at + direction * flow.SIDE_WORDS;
  let sideFlags = words[end + flow.SIDE_FLAGS] | flags | (flags << flow.LIFE_FLAGS_SHIFT);
  words[end + flow.SIDE_FLAGS] = sideFlags;
  if ((flags & packet.TCP_RST) !== 0) {
    // A reset's sequence number need not be of the stream, and its payload is a message to the reader of traces.
    words[side + flow.RESETS]++;
    words[at + flow.STATE] |= resetOf(direction);
    return;
  }
  // Who goes on has not reset: the packet that said so was somebody else's, or of another connection.
  if ((words[at + flow.STATE] & resetOf(direction)) !== 0) {
    words[at + flow.STATE] &= ~(resetOf(direction) | flow.FINAL_EXPORTED);
  }
  const isSampling = (words[at + 1 - direction + flow.SIDE_FLAGS] & flow.SAMPLING) !== 0;
  if (isSampling && (flags & packet.TCP_ACK) !== 0) {
    acknowledge(words, floats, at, 1 - direction, packets, base);
  }
  if ((tcp & packet.TCP_ZERO_WINDOW) !== 0) words[side + flow.ZERO_WINDOWS]++;
  if ((flags & packet.TCP_FIN) !== 0) words[at + flow.STATE] |= direction === 0 ? flow.FIN_A : flow.FIN_B;
  if ((tcp & packet.TCP_PRESENT) === 0) return;
  let sequence = packets[base + packet.SEQUENCE];
  if ((flags & packet.TCP_SYN) !== 0) {
    // The SYN itself takes one number (RFC 9293 section 3.4).
    sequence = sequenceAfter(sequence, 1);
    takeSyn(words, floats, at, direction, sequence, packets, base, holes);
    // Data in a SYN (RFC 7413) may go unacknowledged where the SYN is not: its sample goes on.
    sideFlags = words[end + flow.SIDE_FLAGS];
  } else if ((sideFlags & flow.SEQUENCED) === 0) {
    startStream(words, at, direction, sequence);
  }
  const payloadBytes = packets[base + packet.PAYLOAD_BYTES];
  if (payloadBytes === 0) return;
  if (sequence !== words[end + flow.NEXT_SEQUENCE]) {
    // A retransmission makes the next acknowledgment ambiguous (Karn's algorithm, RFC 6298 section 3).
    words[end + flow.SIDE_FLAGS] &= ~(flow.SAMPLING | flow.SAMPLING_SYN);
    addOutOfOrder(words, floats, at, direction, sequence, packets, base, holes);
    return;
  }
  const next = sequenceAfter(sequence, payloadBytes);
  words[end + flow.NEXT_SEQUENCE] = next;
  floats[(side + flow.PAYLOAD_BYTES) >> 1] += payloadBytes;
  floats[(side + flow.STREAM_BYTES) >> 1] += payloadBytes;
  if ((sideFlags & flow.SAMPLING) === 0)
    startSample(words, at, direction, flow.SAMPLING, next, packets, base);
}

const resetOf = (direction: number): number => (direction === 0 ? flow.RESET_A : flow.RESET_B);

function startStream(words: Int32Array, at: number, direction: number, sequence: number): void {
  words[at + direction * flow.SIDE_WORDS + flow.INITIAL_SEQUENCE] = sequence;
  words[at + direction + flow.NEXT_SEQUENCE] = sequence;
  words[at + direction + flow.SIDE_FLAGS] |= flow.SEQUENCED;
}

/** A first SYN sets the stream's start; a later one with another number begins a new stream on the same ports. */
function takeSyn(
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
  words[side + flow.SYNS]++;
  if ((words[end + flow.SIDE_FLAGS] & flow.SEQUENCED) === 0) {
    startStream(words, at, direction, sequence);
    startSample(words, at, direction, flow.SAMPLING | flow.SAMPLING_SYN, sequence, packets, base);
    return;
  }
  // Sent again: its acknowledgment could be of either (Karn's algorithm).
  words[end + flow.SIDE_FLAGS] &= ~(flow.SAMPLING | flow.SAMPLING_SYN);
  const streamStart = (words[end + flow.NEXT_SEQUENCE] - floats[(side + flow.STREAM_BYTES) >> 1]) | 0;
  if (sequence !== streamStart) continueAt(words, at, direction, sequence, holes);
}

function startSample(
  words: Int32Array,
  at: number,
  direction: number,
  bits: number,
  end: number,
  packets: Int32Array,
  base: number,
): void {
  const side = at + direction * flow.SIDE_WORDS;
  words[at + direction + flow.SIDE_FLAGS] |= bits;
  words[at + direction + flow.SAMPLE_END] = end;
  words[side + flow.SAMPLE_SECONDS] = packets[base + packet.SECONDS];
  words[side + flow.SAMPLE_NANOSECONDS] = packets[base + packet.NANOSECONDS];
}

/** Ends the running round-trip sample of a direction if the packet acknowledges its data. */
function acknowledge(
  words: Int32Array,
  floats: Float64Array,
  at: number,
  direction: number,
  packets: Int32Array,
  base: number,
): void {
  const end = at + direction;
  const side = at + direction * flow.SIDE_WORDS;
  if (sequenceDistance(words[end + flow.SAMPLE_END], packets[base + packet.ACKNOWLEDGMENT]) < 0) return;
  const ofSyn = (words[end + flow.SIDE_FLAGS] & flow.SAMPLING_SYN) !== 0;
  words[end + flow.SIDE_FLAGS] &= ~(flow.SAMPLING | flow.SAMPLING_SYN);
  const seconds = (packets[base + packet.SECONDS] >>> 0) - (words[side + flow.SAMPLE_SECONDS] >>> 0);
  const nanoseconds = packets[base + packet.NANOSECONDS] - words[side + flow.SAMPLE_NANOSECONDS];
  const elapsed = seconds * NANOSECONDS_PER_SECOND[0] + nanoseconds;
  // The clock was set back in between.
  if (elapsed < 0) return;
  const roundTrip = Math.min(Math.max(elapsed, 1), MAX_NANOSECONDS);
  if (ofSyn) {
    words[side + flow.HANDSHAKE] = roundTrip;
    return;
  }
  const count = words[side + flow.ROUND_TRIPS];
  if (count === 0 || roundTrip < words[side + flow.ROUND_TRIP_MIN] >>> 0) {
    words[side + flow.ROUND_TRIP_MIN] = roundTrip;
  }
  if (count === 0 || roundTrip > words[side + flow.ROUND_TRIP_MAX] >>> 0) {
    words[side + flow.ROUND_TRIP_MAX] = roundTrip;
  }
  words[side + flow.ROUND_TRIPS] = count + 1;
  floats[(side + flow.ROUND_TRIP_SUM) >> 1] += roundTrip;
}

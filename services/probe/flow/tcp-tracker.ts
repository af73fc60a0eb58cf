import * as packet from '../decode/packet-row.ts';
import * as flow from './flow-row.ts';
import type { HolePool } from './hole-pool.ts';
import { addOutOfOrder, continueAt } from './tcp-sequence.ts';

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
  const side = at + flow.SIDE_A + direction * flow.SIDE_WORDS;
  let sideFlags = words[side + flow.SIDE_FLAGS] | flags | (flags << flow.LIFE_FLAGS_SHIFT);
  words[side + flow.SIDE_FLAGS] = sideFlags;
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
  const other = at + flow.SIDE_A + (1 - direction) * flow.SIDE_WORDS;
  if ((words[other + flow.SIDE_FLAGS] & flow.SAMPLING) !== 0 && (flags & packet.TCP_ACK) !== 0) {
    acknowledge(words, floats, at, other, 1 - direction, packets, base);
  }
  if ((tcp & packet.TCP_ZERO_WINDOW) !== 0) words[side + flow.ZERO_WINDOWS]++;
  if ((flags & packet.TCP_FIN) !== 0) words[at + flow.STATE] |= direction === 0 ? flow.FIN_A : flow.FIN_B;
  if ((tcp & packet.TCP_PRESENT) === 0) return;
  let sequence = packets[base + packet.SEQUENCE];
  if ((flags & packet.TCP_SYN) !== 0) {
    // The SYN itself takes one number (RFC 9293 section 3.4).
    sequence = (sequence + 1) | 0;
    takeSyn(words, floats, side, sequence, packets, base, holes);
    // Data in a SYN (RFC 7413) may go unacknowledged where the SYN is not: its sample goes on.
    sideFlags = words[side + flow.SIDE_FLAGS];
  } else if ((sideFlags & flow.SEQUENCED) === 0) {
    startStream(words, side, sequence);
  }
  const payloadBytes = packets[base + packet.PAYLOAD_BYTES];
  if (payloadBytes === 0) return;
  if (sequence !== words[side + flow.NEXT_SEQUENCE]) {
    // A retransmission makes the next acknowledgment ambiguous (Karn's algorithm, RFC 6298 section 3).
    words[side + flow.SIDE_FLAGS] &= ~(flow.SAMPLING | flow.SAMPLING_SYN);
    addOutOfOrder(words, floats, at, side, sequence, packets, base, holes);
    return;
  }
  const next = (sequence + payloadBytes) | 0;
  words[side + flow.NEXT_SEQUENCE] = next;
  floats[(side + flow.PAYLOAD_BYTES) >> 1] += payloadBytes;
  floats[(side + flow.STREAM_BYTES) >> 1] += payloadBytes;
  if ((sideFlags & flow.SAMPLING) === 0) startSample(words, side, flow.SAMPLING, next, packets, base);
}

const resetOf = (direction: number): number => (direction === 0 ? flow.RESET_A : flow.RESET_B);

function startStream(words: Int32Array, side: number, sequence: number): void {
  words[side + flow.INITIAL_SEQUENCE] = sequence;
  words[side + flow.NEXT_SEQUENCE] = sequence;
  words[side + flow.SIDE_FLAGS] |= flow.SEQUENCED;
}

/** A first SYN sets the stream's start; a later one with another number begins a new stream on the same ports. */
function takeSyn(
  words: Int32Array,
  floats: Float64Array,
  side: number,
  sequence: number,
  packets: Int32Array,
  base: number,
  holes: HolePool,
): void {
  words[side + flow.SYNS]++;
  if ((words[side + flow.SIDE_FLAGS] & flow.SEQUENCED) === 0) {
    startStream(words, side, sequence);
    startSample(words, side, flow.SAMPLING | flow.SAMPLING_SYN, sequence, packets, base);
    return;
  }
  // Sent again: its acknowledgment could be of either (Karn's algorithm).
  words[side + flow.SIDE_FLAGS] &= ~(flow.SAMPLING | flow.SAMPLING_SYN);
  const streamStart = (words[side + flow.NEXT_SEQUENCE] - floats[(side + flow.STREAM_BYTES) >> 1]) | 0;
  if (sequence !== streamStart) continueAt(words, side, sequence, holes);
}

function startSample(
  words: Int32Array,
  side: number,
  bits: number,
  end: number,
  packets: Int32Array,
  base: number,
): void {
  words[side + flow.SIDE_FLAGS] |= bits;
  words[side + flow.SAMPLE_END] = end;
  words[side + flow.SAMPLE_SECONDS] = packets[base + packet.SECONDS];
  words[side + flow.SAMPLE_NANOSECONDS] = packets[base + packet.NANOSECONDS];
}

/** Ends the running round-trip sample of `side` if the packet acknowledges its data. */
function acknowledge(
  words: Int32Array,
  floats: Float64Array,
  at: number,
  side: number,
  direction: number,
  packets: Int32Array,
  base: number,
): void {
  if (((packets[base + packet.ACKNOWLEDGMENT] - words[side + flow.SAMPLE_END]) | 0) < 0) return;
  const ofSyn = (words[side + flow.SIDE_FLAGS] & flow.SAMPLING_SYN) !== 0;
  words[side + flow.SIDE_FLAGS] &= ~(flow.SAMPLING | flow.SAMPLING_SYN);
  const seconds = (packets[base + packet.SECONDS] >>> 0) - (words[side + flow.SAMPLE_SECONDS] >>> 0);
  const nanoseconds = packets[base + packet.NANOSECONDS] - words[side + flow.SAMPLE_NANOSECONDS];
  const elapsed = seconds * 1e9 + nanoseconds;
  // The clock was set back in between.
  if (elapsed < 0) return;
  const roundTrip = Math.min(Math.max(elapsed, 1), MAX_NANOSECONDS);
  if (ofSyn) {
    words[at + flow.HANDSHAKE_A + direction] = roundTrip;
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

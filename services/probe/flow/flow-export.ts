import { communityIdFromWords } from '../../core/community-id.ts';
import type {
  EndReason,
  FlowDirection,
  FlowRecord,
  FlowSide,
  IcmpMessage,
  SequenceState,
  TcpSide,
} from '../../core/flow-record.ts';
import { formatIpv4, formatIpv6 } from '../../core/ip-address.ts';
import { ICMP, ICMPV6, TCP } from '../../core/protocol.ts';
import * as packet from '../decode/packet-row.ts';
import * as flow from './flow-row.ts';
import { INITIATOR_EVIDENCE } from './initiator.ts';

/** Reads a flow row as a record of its window. */
export function flowRecordAt(
  words: Int32Array,
  floats: Float64Array,
  at: number,
  communityIdSeed: number,
  endReason: EndReason | undefined,
): FlowRecord {
  const kind = words[at + packet.KIND];
  const state = words[at + flow.STATE];
  const protocol = kind & 0xff;
  const ipVersion = (kind & 0xf00) === 0x400 ? 4 : 6;
  const initiator = (state & flow.INITIATOR_B) === 0 ? 0 : 1;
  const isIcmp = protocol === ICMP || protocol === ICMPV6;
  const end = {
    seconds: words[at + flow.LAST_SECONDS] >>> 0,
    nanoseconds: words[at + flow.LAST_NANOSECONDS],
  };
  return {
    communityId: communityIdAt(words, at, kind, ipVersion, communityIdSeed),
    ipVersion,
    protocol,
    icmp: isIcmp && (kind & packet.KIND_PORTS) !== 0 ? icmpAt(words, at, kind, initiator) : undefined,
    direction: directionOf(state, initiator),
    evidence: INITIATOR_EVIDENCE[(state & flow.EVIDENCE_MASK) >> flow.EVIDENCE_SHIFT],
    flowStart: {
      seconds: words[at + flow.FLOW_SECONDS] >>> 0,
      nanoseconds: words[at + flow.FLOW_NANOSECONDS],
    },
    start:
      (state & flow.ACTIVE) === 0
        ? end
        : { seconds: words[at + flow.FIRST_SECONDS] >>> 0, nanoseconds: words[at + flow.FIRST_NANOSECONDS] },
    end,
    endReason,
    source: sideAt(words, floats, at, kind, initiator, isIcmp),
    destination: sideAt(words, floats, at, kind, 1 - initiator, isIcmp),
  };
}

function communityIdAt(words: Int32Array, at: number, kind: number, ipVersion: number, seed: number): string {
  const a = at + flow.ADDRESS_REST;
  const b = a + flow.SIDE_WORDS;
  const ports = words[at + packet.PORTS];
  return communityIdFromWords(
    seed,
    ipVersion,
    kind & 0xff,
    words[at + packet.A0],
    words[a],
    words[a + 1],
    words[a + 2],
    words[at + packet.B0],
    words[b],
    words[b + 1],
    words[b + 2],
    ports >>> 16,
    ports & 0xffff,
    (kind & packet.KIND_PORTS) !== 0,
  );
}

function icmpAt(words: Int32Array, at: number, kind: number, initiator: number): IcmpMessage {
  const ports = words[at + packet.PORTS];
  // One-way: A is the sender, its "ports" are type and code.
  if ((kind & packet.KIND_ONE_WAY) !== 0) return { type: ports >>> 16, code: ports & 0xffff };
  return { type: initiator === 0 ? ports >>> 16 : ports & 0xffff, code: undefined };
}

function directionOf(state: number, initiator: number): FlowDirection {
  if ((state & (flow.HOST_A | flow.HOST_B)) === 0) return 'unknown';
  const host = (state & flow.HOST_A) !== 0 ? 0 : 1;
  return host === initiator ? 'egress' : 'ingress';
}

function sideAt(
  words: Int32Array,
  floats: Float64Array,
  at: number,
  kind: number,
  end: number,
  isIcmp: boolean,
): FlowSide {
  const side = at + end * flow.SIDE_WORDS;
  const hasPort = (kind & packet.KIND_PORTS) !== 0 && !isIcmp;
  const ports = words[at + packet.PORTS];
  return {
    address: addressAt(words, at, kind, end),
    port: hasPort ? (end === 0 ? ports >>> 16 : ports & 0xffff) : undefined,
    packets: floats[(side + flow.PACKETS) >> 1],
    bytes: floats[(side + flow.BYTES) >> 1],
    tcp: hasPort && (kind & 0xff) === TCP ? tcpAt(words, floats, at, end) : undefined,
  };
}

function addressAt(words: Int32Array, at: number, kind: number, end: number): string {
  const first = words[at + packet.A0 + end];
  if ((kind & 0xf00) === 0x400) return formatIpv4(first);
  const rest = at + end * flow.SIDE_WORDS + flow.ADDRESS_REST;
  return formatIpv6(first, words[rest], words[rest + 1], words[rest + 2]);
}

function tcpAt(words: Int32Array, floats: Float64Array, at: number, end: number): TcpSide {
  const side = at + end * flow.SIDE_WORDS;
  const flags = words[at + end + flow.SIDE_FLAGS];
  const answered = words[at + 1 - end + flow.SIDE_FLAGS] >> flow.LIFE_FLAGS_SHIFT !== 0;
  const syns = words[side + flow.SYNS];
  const handshake = words[side + flow.HANDSHAKE] >>> 0;
  const roundTrips = words[side + flow.ROUND_TRIPS];
  const isNews = (words[at + flow.STATE] & (flow.HANDSHAKE_EXPORTED_A << end)) === 0;
  return {
    flags: flags & 0xff,
    resets: words[side + flow.RESETS],
    zeroWindows: words[side + flow.ZERO_WINDOWS],
    syns,
    unansweredSyns: answered ? 0 : syns,
    handshakeNanoseconds: handshake !== 0 && isNews ? handshake : undefined,
    roundTrips:
      roundTrips === 0
        ? undefined
        : {
            count: roundTrips,
            sumNanoseconds: floats[(side + flow.ROUND_TRIP_SUM) >> 1],
            minNanoseconds: words[side + flow.ROUND_TRIP_MIN] >>> 0,
            maxNanoseconds: words[side + flow.ROUND_TRIP_MAX] >>> 0,
          },
    sequence: (flags & flow.SEQUENCED) === 0 ? undefined : sequenceAt(words, floats, side),
  };
}

function sequenceAt(words: Int32Array, floats: Float64Array, side: number): SequenceState {
  const initial = words[side + flow.INITIAL_SEQUENCE] >>> 0;
  return {
    initial,
    highest: initial + floats[(side + flow.STREAM_BYTES) >> 1],
    payloadBytes: floats[(side + flow.PAYLOAD_BYTES) >> 1],
    repeatedBytes: floats[(side + flow.REPEATED_BYTES) >> 1],
    missingBytes: floats[(side + flow.MISSING_BYTES) >> 1],
    skippedBytes: floats[(side + flow.SKIPPED_BYTES) >> 1],
    reorderedGaps: words[side + flow.REORDERED],
  };
}

/** Zeroes what a record reports as a delta, and notes that the flow has been silent since. */
export function resetWindow(words: Int32Array, floats: Float64Array, at: number): void {
  words[at + flow.STATE] &= ~(flow.ACTIVE | flow.ODD_WINDOW);
  for (let end = 0; end < 2; end++) {
    const side = at + end * flow.SIDE_WORDS;
    if (words[side + flow.HANDSHAKE] !== 0) words[at + flow.STATE] |= flow.HANDSHAKE_EXPORTED_A << end;
    floats[(side + flow.PACKETS) >> 1] = 0;
    floats[(side + flow.BYTES) >> 1] = 0;
    floats[(side + flow.PAYLOAD_BYTES) >> 1] = 0;
    floats[(side + flow.REPEATED_BYTES) >> 1] = 0;
    floats[(side + flow.SKIPPED_BYTES) >> 1] = 0;
    words[at + end + flow.SIDE_FLAGS] &= ~0xff;
    words.fill(0, side + flow.REORDERED, side + flow.RESETS + 1);
    words.fill(0, side + flow.ROUND_TRIP_SUM, side + flow.SYNS + 1);
  }
}

import type { SequenceState, TcpSide } from './flow-record.ts';
import type { LineWriter, Piece } from './line-writer.ts';
import { piece } from './line-writer.ts';

/** RFC 9293 section 3.1, RFC 3168: the flags by their bits, FIN lowest. */
const FLAG_NAMES = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'];

/** The JSON array for each of the 256 sets of flags. */
const FLAG_ARRAYS: readonly Piece[] = Array.from({ length: 256 }, (_, flags) =>
  piece(JSON.stringify(FLAG_NAMES.filter((_name, bit) => (flags & (1 << bit)) !== 0))),
);

const TCP = piece(',"tcp":{');
const SOURCE = piece('"source":{"flags":');
const DESTINATION = piece('"destination":{"flags":');
const COMMA = piece(',');
const RESETS = piece(',"resets":');
const ZERO_WINDOWS = piece(',"zero_windows":');
const SYNS = piece(',"syns":');
const UNANSWERED_SYNS = piece(',"unanswered_syns":');
const HANDSHAKE = piece(',"handshake_ns":');
const ROUND_TRIPS = piece(',"round_trip":{"count":');
const ROUND_TRIP_SUM = piece(',"sum_ns":');
const ROUND_TRIP_MIN = piece(',"min_ns":');
const ROUND_TRIP_MAX = piece(',"max_ns":');
const INITIAL = piece(',"sequence":{"initial":');
const HIGHEST = piece(',"highest":');
const PAYLOAD_BYTES = piece(',"payload_bytes":');
const REPEATED_BYTES = piece(',"repeated_bytes":');
const MISSING_BYTES = piece(',"missing_bytes":');
const SKIPPED_BYTES = piece(',"skipped_bytes":');
const REORDERED_GAPS = piece(',"reordered_gaps":');
const OBJECT_END = piece('}');

/** Writes `flowtap.tcp`: both ends' health and sequence state. Counters of what seldom happens are left out at zero. */
export function writeTcp(line: LineWriter, source: TcpSide, destination: TcpSide): void {
  line.piece(TCP);
  line.piece(SOURCE);
  writeSide(line, source);
  line.piece(COMMA);
  line.piece(DESTINATION);
  writeSide(line, destination);
  line.piece(OBJECT_END);
}

function writeSide(line: LineWriter, side: TcpSide): void {
  line.piece(FLAG_ARRAYS[side.flags]);
  writeCount(line, SYNS, side.syns);
  writeCount(line, UNANSWERED_SYNS, side.unansweredSyns);
  writeCount(line, RESETS, side.resets);
  writeCount(line, ZERO_WINDOWS, side.zeroWindows);
  if (side.handshakeNanoseconds !== undefined) writeCount(line, HANDSHAKE, side.handshakeNanoseconds);
  if (side.roundTrips !== undefined) {
    line.piece(ROUND_TRIPS);
    line.integer(side.roundTrips.count);
    writeCount(line, ROUND_TRIP_SUM, side.roundTrips.sumNanoseconds);
    writeCount(line, ROUND_TRIP_MIN, side.roundTrips.minNanoseconds);
    writeCount(line, ROUND_TRIP_MAX, side.roundTrips.maxNanoseconds);
    line.piece(OBJECT_END);
  }
  if (side.sequence !== undefined) writeSequence(line, side.sequence);
  line.piece(OBJECT_END);
}

function writeSequence(line: LineWriter, sequence: SequenceState): void {
  line.piece(INITIAL);
  line.integer(sequence.initial);
  line.piece(HIGHEST);
  line.integer(sequence.highest);
  line.piece(PAYLOAD_BYTES);
  line.integer(sequence.payloadBytes);
  writeCount(line, REPEATED_BYTES, sequence.repeatedBytes);
  writeCount(line, MISSING_BYTES, sequence.missingBytes);
  writeCount(line, SKIPPED_BYTES, sequence.skippedBytes);
  writeCount(line, REORDERED_GAPS, sequence.reorderedGaps);
  line.piece(OBJECT_END);
}

function writeCount(line: LineWriter, name: Piece, count: number): void {
  if (count === 0) return;
  line.piece(name);
  line.integer(count);
}

/**
 * A flow is a row of 32-bit words in one large buffer; words marked f64 are read through a Float64Array over the
 * same memory (index / 2). The first ten words are the key, as in a packet row. What every packet touches comes
 * first in each part, so that a packet costs few cache lines.
 */

// Words 0-9: the key (decode/packet-row.ts).
export const STATE = 10;
export const HASH = 11;
/** First and last packet of the current window, by their own time stamps. */
export const FIRST_SECONDS = 12;
export const FIRST_NANOSECONDS = 13;
export const LAST_SECONDS = 14;
export const LAST_NANOSECONDS = 15;

/** What endpoint A sent; endpoint B's part has the same layout `SIDE_WORDS` further. */
export const SIDE_A = 16;
export const SIDE_WORDS = 30;

/** f64, of the window. */
export const PACKETS = 0;
/** f64, of the window: IP bytes. */
export const BYTES = 2;
/** f64: stream bytes from the initial sequence number to the highest end seen, over the flow's life. */
export const STREAM_BYTES = 4;
/** f64, of the window: TCP payload bytes seen. */
export const PAYLOAD_BYTES = 6;
/** f64, of the window: payload bytes seen again. */
export const REPEATED_BYTES = 8;
/** f64: bytes missing now below the highest end, over the flow's life. */
export const MISSING_BYTES = 10;
/** f64, of the window: bytes that have come to be missing. */
export const SKIPPED_BYTES = 12;
/** The sequence number expected next: the low 32 bits of the highest end. */
export const NEXT_SEQUENCE = 14;
/** The sequence number of the first payload byte (behind a SYN: its number plus one). */
export const INITIAL_SEQUENCE = 15;
/** TCP flags of the window in bits 0-7, of the flow's life in bits 8-15, `SIDE_*` bits above. */
export const SIDE_FLAGS = 16;
/** Block of open holes in the hole pool, plus one; 0 for none. */
export const HOLES = 17;
/** Of the window: holes filled so soon that the network reordered the packets. */
export const REORDERED = 18;
export const ZERO_WINDOWS = 19;
export const RESETS = 20;
export const SYNS = 21;
/** The acknowledgment number that ends the running round-trip sample, and when its data passed. */
export const SAMPLE_END = 22;
export const SAMPLE_SECONDS = 23;
export const SAMPLE_NANOSECONDS = 24;
/** Of the window: round trips from this side's data to the other side's acknowledgment, nanoseconds. */
export const ROUND_TRIPS = 25;
export const ROUND_TRIP_MIN = 26;
export const ROUND_TRIP_MAX = 27;
/** f64. */
export const ROUND_TRIP_SUM = 28;

/** When the flow's first packet passed. */
export const FLOW_SECONDS = 76;
export const FLOW_NANOSECONDS = 77;
/** Nanoseconds from the SYN that endpoint A (then B) sent to its acknowledgment; 0 when not measured. */
export const HANDSHAKE_A = 78;
export const ROW_WORDS = 80;

// STATE
export const USED = 1;
/** Endpoint B started the flow. */
export const INITIATOR_B = 1 << 1;
export const EVIDENCE_SHIFT = 2;
export const EVIDENCE_MASK = 7 << EVIDENCE_SHIFT;
/** The observed host is endpoint A, is endpoint B. */
export const HOST_A = 1 << 5;
export const HOST_B = 1 << 6;
export const FIN_A = 1 << 7;
export const FIN_B = 1 << 8;
/** Endpoint A has sent a reset, and nothing since; endpoint B's is `RESET_B`. */
export const RESET_A = 1 << 9;
/** Packets came since the last export. */
export const ACTIVE = 1 << 10;
/** The final record is out; what still comes is exported as it comes. */
export const FINAL_EXPORTED = 1 << 11;
/** Endpoint A's handshake time is out; B's is the next bit. */
export const HANDSHAKE_EXPORTED_A = 1 << 12;
/** With ACTIVE: whether the packets are of an odd or an even window; two windows exist while one is being closed. */
export const ODD_WINDOW = 1 << 14;
export const RESET_B = 1 << 15;

// SIDE_FLAGS
export const LIFE_FLAGS_SHIFT = 8;
/** INITIAL_SEQUENCE and NEXT_SEQUENCE are set. */
export const SEQUENCED = 1 << 16;
export const SAMPLING = 1 << 17;
/** The running sample is of a SYN. */
export const SAMPLING_SYN = 1 << 18;

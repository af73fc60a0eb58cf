/**
 * A flow is a row of 32-bit words in one large buffer; words marked f64 are read through a Float64Array over the same
 * memory (index / 2). A row is five cache lines of 16 words (`FlowTable` aligns them), as waiting for memory is most of
 * what a packet costs: one in order touches the first line and its own side's second or third.
 *
 * Words said to be of endpoint A have their like for endpoint B: in the first line one word further, else `SIDE_WORDS`.
 */

// Words 0-3: the key's first ones (decode/packet-row.ts).
export const STATE = 4;
export const HASH = 5;
/** First and last packet of the current window, by their own time stamps. */
export const FIRST_SECONDS = 6;
export const FIRST_NANOSECONDS = 7;
export const LAST_SECONDS = 8;
export const LAST_NANOSECONDS = 9;
/** What endpoint A sent: TCP flags of the window in bits 0-7, of the flow's life in bits 8-15, `SIDE_*` bits above. */
export const SIDE_FLAGS = 10;
/** The sequence number that A's next payload should have: the low 32 bits of the highest end. */
export const NEXT_SEQUENCE = 12;
/** The acknowledgment number that ends A's running round-trip sample. */
export const SAMPLE_END = 14;

// Words 16-31 and 32-47: what endpoint A sent, and endpoint B.
export const SIDE_WORDS = 16;
/** f64, of the window. */
export const PACKETS = 16;
/** f64, of the window: IP bytes. */
export const BYTES = 18;
/** f64: stream bytes from the initial sequence number to the highest end seen, over the flow's life. */
export const STREAM_BYTES = 20;
/** f64, of the window: TCP payload bytes seen. */
export const PAYLOAD_BYTES = 22;
/** When the data of the running round-trip sample passed. */
export const SAMPLE_SECONDS = 24;
export const SAMPLE_NANOSECONDS = 25;
/** f64, with the three below of the window: round trips from this side's data to the acknowledgment, nanoseconds. */
export const ROUND_TRIP_SUM = 26;
export const ROUND_TRIPS = 28;
export const ROUND_TRIP_MIN = 29;
export const ROUND_TRIP_MAX = 30;
export const SYNS = 31;

// Words 48-63 and 64-79: what few packets need.
/** f64, of the window: payload bytes seen again. */
export const REPEATED_BYTES = 48;
/** f64: bytes missing now below the highest end, over the flow's life. */
export const MISSING_BYTES = 50;
/** f64, of the window: bytes that have come to be missing. */
export const SKIPPED_BYTES = 52;
/** The sequence number of the first payload byte (behind a SYN: its number plus one). */
export const INITIAL_SEQUENCE = 54;
/** Block of open holes in the hole pool, plus one; 0 for none. */
export const HOLES = 55;
/** Of the window: holes filled so soon that the network reordered the packets. */
export const REORDERED = 56;
export const ZERO_WINDOWS = 57;
export const RESETS = 58;
/** Nanoseconds from A's SYN to its acknowledgment; 0 when not measured. */
export const HANDSHAKE = 59;
/** The other three words of endpoint A's IPv6 address. */
export const ADDRESS_REST = 60;
/** When the flow's first packet passed: one in each side's words. */
export const FLOW_SECONDS = 63;
export const FLOW_NANOSECONDS = 79;
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

/**
 * A decoded packet is a row of 32-bit words in an Int32Array, so that decoding writes and the flow table reads
 * without an object a packet. The first ten words are the flow's key, of which four are all that IPv4 has: the
 * endpoints stand in the Community ID's order, so both directions of a conversation give one key.
 */

/** Protocol in bits 0-7, IP version in bits 8-11, `KIND_*` flags above. */
export const KIND = 0;
/** Port (or ICMP type) of endpoint A in the high half, of B in the low half. */
export const PORTS = 1;
/** First word of each address; IPv4 has no others. */
export const A0 = 2;
export const B0 = 3;
export const A1 = 4;
export const B1 = 7;
export const KEY_WORDS = 10;

export const HASH = 10;
/** 0 when endpoint A sent the packet, 1 when B did: added to bases, so it stays a number. */
export const DIRECTION = 11;
export const IP_BYTES = 12;
/** Wire packets this frame stands for; above 1 for frames merged by segmentation offload. */
export const PACKETS = 13;
export const SECONDS = 14;
export const NANOSECONDS = 15;
export const PAYLOAD_BYTES = 16;
export const SEQUENCE = 17;
export const ACKNOWLEDGMENT = 18;
/** TCP flags in bits 0-7 (RFC 9293 3.1), `TCP_*` bits above; 0 when there is no whole TCP header. */
export const TCP = 19;
/** ORIGIN_* of the capture. */
export const ORIGIN = 20;
export const WIRE_BYTES = 21;
export const ROW_WORDS = 24;

/** The key holds ports, or an ICMP type and its counterpart. */
export const KIND_PORTS = 1 << 16;
/** ICMP without a counterpart: A is the sender, port A the type, port B the code. */
export const KIND_ONE_WAY = 1 << 17;

export const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
export const TCP_RST = 0x04;
export const TCP_ACK = 0x10;
/** A whole TCP header was there (20 bytes), so sequence numbers can be trusted. */
export const TCP_PRESENT = 1 << 8;
/** The sender closed its receive window. */
export const TCP_ZERO_WINDOW = 1 << 9;

/** A point in time: whole seconds since 1970 (UTC) and nanoseconds within the second. */
export interface Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** By what it was decided who started a flow, in the order of trust. */
export type InitiatorEvidence = 'syn' | 'icmp_type' | 'known_port' | 'lower_port' | 'first_packet';

/** Why a flow's last record is its last. */
export type EndReason = 'fin' | 'rst' | 'idle' | 'shutdown' | 'evicted';

/** Whether the observed host started the flow (egress) or was called (ingress). */
export type FlowDirection = 'egress' | 'ingress' | 'unknown';

/**
 * What one probe saw of one flow in one window: a bidirectional record whose counters are deltas, so that the records
 * of a flow add up to it. `source` is the endpoint that started the flow.
 */
export interface FlowRecord {
  /** Community ID v1. */
  readonly communityId: string;
  readonly ipVersion: 4 | 6;
  /** IANA protocol number. */
  readonly protocol: number;
  /** Set for ICMP and ICMPv6 with a readable header. */
  readonly icmp: IcmpMessage | undefined;
  readonly direction: FlowDirection;
  readonly evidence: InitiatorEvidence;
  /** First packet of the whole flow; tells flows apart that use the same addresses and ports in turn. */
  readonly flowStart: Timestamp;
  /** First and last packet of this record, by their own time stamps. */
  readonly start: Timestamp;
  readonly end: Timestamp;
  /** Set on the flow's last record. */
  readonly endReason: EndReason | undefined;
  readonly source: FlowSide;
  readonly destination: FlowSide;
}

/** The ICMP type the source sends, with its code where the flow is one-way (else the reply's type tells nothing more). */
export interface IcmpMessage {
  readonly type: number;
  readonly code: number | undefined;
}

/** One end of a flow and what it sent. */
export interface FlowSide {
  /** Text form: dotted decimal, or RFC 5952. */
  readonly address: string;
  /** Undefined for ICMP and protocols without ports, and where the header was not readable. */
  readonly port: number | undefined;
  readonly packets: number;
  /** IP bytes: IPv4 total length, IPv6 payload length + 40. */
  readonly bytes: number;
  /** Set for TCP with a readable header. */
  readonly tcp: TcpSide | undefined;
}

/** TCP as one end sent it in the record's window. Round trips are nanoseconds, from this end's data to its ACK. */
export interface TcpSide {
  /** Union of the flags seen (RFC 9293 section 3.1), one bit each, FIN lowest. */
  readonly flags: number;
  readonly resets: number;
  readonly zeroWindows: number;
  readonly syns: number;
  /** SYNs of this window that nothing had answered at its end. */
  readonly unansweredSyns: number;
  /** From this end's SYN to its acknowledgment; only in the first record after it was measured. */
  readonly handshakeNanoseconds: number | undefined;
  readonly roundTrips: RoundTrips | undefined;
  readonly sequence: SequenceState | undefined;
}

export interface RoundTrips {
  readonly count: number;
  readonly sumNanoseconds: number;
  readonly minNanoseconds: number;
  readonly maxNanoseconds: number;
}

/**
 * The payload of one direction by its sequence numbers. Over a flow's life
 * payloadBytes = highest - initial - missingBytes + repeatedBytes.
 */
export interface SequenceState {
  /** Number of the first payload byte (32 bits). */
  readonly initial: number;
  /** Highest end seen, unwrapped: may exceed 32 bits. */
  readonly highest: number;
  /** Payload seen in the window. */
  readonly payloadBytes: number;
  /** Payload seen again in the window. */
  readonly repeatedBytes: number;
  /** Bytes below `highest` that have not been seen, as it stands. */
  readonly missingBytes: number;
  /** Bytes that came to be missing in the window. */
  readonly skippedBytes: number;
  /** Gaps filled so soon in the window that the network reordered the packets. */
  readonly reorderedGaps: number;
}

/** A call that a pod is to make. */
export interface PodCall {
  readonly protocol: 'tcp' | 'udp';
  readonly host: string;
  readonly port: number;
  /** The caller's; one of the kernel's choice where it is absent. */
  readonly localPort?: number;
  /** Of UDP; the kernel's choice where it is absent. */
  readonly localHost?: string;
  /** Payload; of UDP that of its datagram. */
  readonly bytes: number;
  /** Of TCP; as fast as it goes where it is absent. */
  readonly bytesPerSecond?: number;
  readonly timeoutMs: number;
}

export interface TrafficEnd {
  readonly ip: string;
  readonly port: number;
}

/** Who answered, what it saw of the caller, and the payload that it got. */
export interface TrafficAnswer extends TrafficEnd {
  readonly pod: string;
  readonly uid: string;
  readonly bytes: number;
}

/** What came of a call, and between which times. */
export interface CallOutcome {
  readonly fromMs: number;
  readonly toMs: number;
  /** The caller's own end; absent where a TCP connection was not opened. */
  readonly local?: TrafficEnd;
  /** Absent where none came in time. */
  readonly answer?: TrafficAnswer;
}

/** What a pod writes down of an answer that it gave or got. */
export interface TrafficLogLine {
  readonly pod: string;
  readonly uid: string;
  readonly side: 'client' | 'server';
  readonly protocol: 'tcp' | 'udp';
  readonly local: TrafficEnd;
  readonly remote: TrafficEnd;
  readonly fromMs: number;
  readonly toMs: number;
}

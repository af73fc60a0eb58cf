import type { FlowtapError } from '../../runtime/errors.ts';
import type { IgnoredEndpoint } from './except-endpoints.ts';
import type { PacketSink } from './packet-sink.ts';
import type { SegmentOffload } from './packet-socket.ts';

/** Where packets come from while they pass: the packet ring, or libpcap. */
export interface PacketSource {
  readonly statistics: SourceStatistics;
  /** Of a source that goes on when capturing is not possible; others end. */
  readonly health?: CaptureHealth;
  /** How long after a packet passed the interface it may come to the sink, about. */
  readonly deliveryDelayMs: number;
  /** Reads until the signal aborts, and then what was captured before that. Rejects when it cannot go on. */
  run(run: SourceRun): Promise<void>;
  /** From now on leaves out what these send and receive, and no longer what those of the last call did. */
  ignoreEndpoints?(endpoints: readonly IgnoredEndpoint[]): void;
  close(): void;
}

export interface SourceRun {
  readonly sink: PacketSink;
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Called after each turn of reading; turns are at most `TURN_TIMEOUT_MS` apart, with or without packets. */
  readonly onTurn: (nowMs: number) => void;
  /** Called by a source that has a health, when capturing begins and when it fails. */
  readonly onHealth?: (health: CaptureHealth) => void;
}

export interface CaptureHealth {
  /** How often capturing could not start, or broke. */
  readonly failures: number;
  /** Why nothing is captured at the moment. */
  readonly failure: FlowtapError | undefined;
}

/** The longest time between two turns. */
export const TURN_TIMEOUT_MS = 250;

/** Counts since the start. A count that is undefined is one that this kind of source cannot give. */
export interface SourceStatistics {
  /** Frames taken from the kernel. */
  readonly frames: number;
  /** Of these, frames whose link header is not known and which are not IP: the sink has not seen them. */
  readonly unsupportedLink: number;
  /** Packets that passed the filter, `kernelDrops` included. */
  readonly kernelReceived: number | undefined;
  /** Packets that passed the filter and for which the kernel had no room. */
  readonly kernelDrops: number | undefined;
  /** How often there was no room. */
  readonly kernelFreezes: number | undefined;
  readonly segmentOffload: SegmentOffload;
  /** The interfaces that are captured on at the moment, by name. */
  readonly interfaces: readonly string[];
}

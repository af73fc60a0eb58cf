import type { BlockOutput } from '../../probe/transport/ndjson-output.ts';
import type { FlowtapError } from '../../runtime/errors.ts';
import type { SummaryLine } from '../summary.ts';

/** Where a probe's records go, and what the user hears of it. */
export interface ProbeOutput {
  readonly records: BlockOutput;
  /** Nobody takes records any more. */
  readonly isClosed: boolean;
  /** Why writing had to be given up. */
  readonly failure: Error | undefined;
  /** Called once, before records are written. */
  start(): Promise<void>;
  /** Packets are captured from now on. */
  capturing(interfaces: readonly string[]): void;
  /** None are, until that is tried again. */
  notCapturing(failure: FlowtapError): void;
  /** Waits for room after records have been written; at the end, when `ending` is aborted, for what is left. */
  makeRoom(ending: AbortSignal): Promise<void>;
  /** No more records come. Resolves when what is left is written, delivered, or counted. */
  close(): Promise<void>;
  /** After `close`: shows what the capture counted, and what was counted here. */
  summarise(capture: readonly SummaryLine[]): void;
}

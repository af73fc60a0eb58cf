import type { CaptureDamageCode } from '../capture-damage.ts';

/** Where the bytes of a capture come from: a file, a stream, or what another source holds compressed. */
export interface ByteSource {
  /**
   * Puts the next bytes at `offset` of `into`, at most `length`, and gives their number; 0 when there are no
   * more, cleanly or not (`failure`). Never rejects. One call at a time.
   */
  read(into: Uint8Array, offset: number, length: number): Promise<number>;
  /** Set when the bytes ended before they should. */
  readonly failure: SourceFailure | undefined;
  /** Frees what the source holds and ends a read that waits. Idempotent. */
  close(): Promise<void>;
}

/** Why a source could not be read to its end. */
export interface SourceFailure {
  readonly code: CaptureDamageCode;
  /** A sentence for the user. */
  readonly reason: string;
}

/** What an error of the operating system means for an input that was being read. */
export function readFailure(error: unknown): SourceFailure {
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'READ_FAILED', reason: `Reading failed: ${message}.` };
}

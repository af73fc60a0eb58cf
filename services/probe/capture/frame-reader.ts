/**
 * A capture file, read frame by frame. `advance` moves to the next frame that is whole in memory and allocates
 * nothing; when it answers false, `fill` reads more. So a caller loops in plain code and waits once a buffer:
 *
 *     do { while (reader.advance()) use(reader.view, reader.offset, …); } while (await reader.fill());
 */
export interface FrameReader {
  /** Memory that holds the current frame; may change with `fill`. */
  readonly view: DataView;
  readonly offset: number;
  readonly capturedBytes: number;
  readonly wireBytes: number;
  readonly linkType: number;
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Steps to the next frame in memory; false when none is whole there. */
  advance(): boolean;
  /** Reads on; false when the input has ended, cleanly or not (`damage`). */
  fill(): Promise<boolean>;
  /** Set when the input ended before it should: what is wrong, and at which byte of the (decompressed) input. */
  readonly damage: CaptureDamage | undefined;
  /** Bytes of the (decompressed) input consumed so far. */
  readonly bytesRead: number;
  close(): Promise<void>;
}

/** Why a capture could not be read to its end. What came before it counts. */
export interface CaptureDamage {
  readonly code: string;
  /** A sentence for the user. */
  readonly reason: string;
  readonly byteOffset: number;
}

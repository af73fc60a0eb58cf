import type { CaptureDamage, FrameReader } from './frame-reader.ts';

/** A reader for an input without frames; `damage` says why, if that is not how it should be. */
export function emptyReader(damage: CaptureDamage | undefined): FrameReader {
  return {
    view: new DataView(new ArrayBuffer(0)),
    offset: 0,
    capturedBytes: 0,
    wireBytes: 0,
    linkType: 0,
    seconds: 0,
    nanoseconds: 0,
    damage,
    bytesRead: 0,
    advance: () => false,
    fill: () => Promise.resolve(false),
    close: () => Promise.resolve(),
  };
}

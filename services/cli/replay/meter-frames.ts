import type { FrameReader } from '../../probe/capture/frame-reader.ts';
import type { FlowMeter } from '../../probe/flow/flow-meter.ts';

/**
 * Meters the frames that are in memory, `maxFrames` at most, and says how many those were. A function of its own, so
 * that the compiler sees the loop without the waiting around it.
 */
export function meterFrames(reader: FrameReader, meter: FlowMeter, maxFrames: number): number {
  let frames = 0;
  while (frames < maxFrames && reader.advance()) {
    const { view, offset, capturedBytes, wireBytes, linkType, seconds, nanoseconds } = reader;
    meter.packet(view, offset, capturedBytes, wireBytes, linkType, seconds, nanoseconds, 0);
    frames++;
  }
  return frames;
}

import { meterFrames } from '../services/cli/replay/meter-frames.ts';
import { EcsEventWriter } from '../services/core/ecs-event.ts';
import { openCapture } from '../services/probe/capture/capture-input.ts';
import type { FrameReader } from '../services/probe/capture/frame-reader.ts';
import { WHOLE } from '../services/probe/decode/common-frame.ts';
import { FrameDecoder } from '../services/probe/decode/frame-decoder.ts';
import { ROW_WORDS } from '../services/probe/decode/packet-row.ts';
import { FlowMeter } from '../services/probe/flow/flow-meter.ts';
import { NdjsonOutput } from '../services/probe/transport/ndjson-output.ts';
import { inlineGenerously } from '../services/runtime/inlining.ts';

/** Where the time of a replay on one thread goes: nanoseconds for each packet. */
export interface TimeShares {
  readonly reading: number;
  readonly decoding: number;
  readonly metering: number;
  readonly writing: number;
}

/** Measures a replay in stages, each pass over the capture doing one stage more; what it adds is its share. */
export async function timeShares(capture: string, packets: number): Promise<TimeShares> {
  inlineGenerously();
  const decoder = new FrameDecoder({ decapsulate: [], fragmentCapacity: 4096, hashSeed: 1 });
  const row = new Int32Array(ROW_WORDS);
  let meter = newMeter();
  const reading = await fastest(capture, () => stepOver);
  const decoding = await fastest(capture, () => (reader) => decodeFrames(reader, decoder, row));
  const metering = await fastest(capture, () => {
    meter = newMeter();
    return (reader) => void meterFrames(reader, meter, Number.POSITIVE_INFINITY);
  });
  const start = performance.now();
  meter.finish();
  const writing = performance.now() - start;
  const perPacket = (ms: number): number => (ms * 1e6) / packets;
  return {
    reading: perPacket(reading),
    decoding: perPacket(decoding - reading),
    metering: perPacket(metering - decoding),
    writing: perPacket(writing),
  };
}

// A loop for each stage, so that each is compiled for what it does.

function stepOver(reader: FrameReader): void {
  while (reader.advance());
}

function decodeFrames(reader: FrameReader, decoder: FrameDecoder, row: Int32Array): void {
  while (reader.advance()) {
    const { view, offset, capturedBytes, wireBytes, linkType, seconds } = reader;
    decoder.decode(view, offset, capturedBytes, wireBytes, linkType, seconds, 0, row, 0);
  }
}

/** Milliseconds of the fastest of three passes: the first ones are not compiled yet. */
async function fastest(capture: string, start: () => (reader: FrameReader) => void): Promise<number> {
  const passes: number[] = [];
  for (let round = 0; round < 3; round++) passes.push(await pass(capture, start()));
  return Math.min(...passes);
}

async function pass(capture: string, useBuffered: (reader: FrameReader) => void): Promise<number> {
  const reader = await openCapture(capture);
  const start = performance.now();
  do useBuffered(reader);
  while (await reader.fill());
  const elapsedMs = performance.now() - start;
  await reader.close();
  return elapsedMs;
}

function newMeter(): FlowMeter {
  const events = new EcsEventWriter({
    hostName: 'bench',
    agentVersion: '0',
    dataStreamNamespace: 'default',
    segmentOffload: 'none',
  });
  return new FlowMeter(
    {
      windowMs: 0,
      idleTimeoutSeconds: 0,
      tcpIdleTimeoutSeconds: 0,
      activeTimeoutSeconds: 0,
      maxFlows: 2 ** 21,
      maxFragmentedDatagrams: 4096,
      communityIdSeed: 0,
      decapsulate: [],
      hashSeed: 1,
      shard: WHOLE,
    },
    new NdjsonOutput(events, { write: () => undefined }),
  );
}

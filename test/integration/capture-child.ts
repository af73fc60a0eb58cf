/**
 * Captures in the network namespace it is started in, and answers its parent over the IPC channel: see
 * live-capture.ts, which starts it.
 */
import { AfPacketRing } from '../../services/probe/capture/af-packet-ring.ts';
import { openLibpcapSource } from '../../services/probe/capture/libpcap.ts';
import { LiveSource } from '../../services/probe/capture/live-source.ts';
import type { PacketSink } from '../../services/probe/capture/packet-sink.ts';
import type { PacketSource, SourceStatistics } from '../../services/probe/capture/packet-source.ts';
import { socketFilter } from '../../services/probe/capture/socket-filter.ts';
import { FlowtapError } from '../../services/runtime/errors.ts';
import type { CaptureChildOptions, CapturedFrame, ChildReply, ParentRequest } from './live-capture.ts';

const frames: CapturedFrame[] = [];

const sink: PacketSink = {
  packet(view, offset, capturedBytes, wireBytes, linkType, seconds, nanoseconds, circumstances) {
    frames.push({
      bytes: Buffer.from(view.buffer, view.byteOffset + offset, capturedBytes).toString('hex'),
      wireBytes,
      linkType,
      seconds,
      nanoseconds,
      origin: circumstances & 3,
      gsoType: (circumstances >>> 8) & 0xff,
      gsoSize: circumstances >>> 16,
    });
  },
};

const reply = (message: ChildReply): void => void process.send?.(message);

function onRequest(handler: (request: ParentRequest) => void): void {
  process.on('message', (message) => handler(message as ParentRequest));
}

function capture(source: PacketSource): void {
  const stop = new AbortController();
  const running = source.run({ sink, signal: stop.signal, now: Date.now, onTurn: () => undefined });
  onRequest((request) => {
    if (request === 'statistics') reply({ statistics: source.statistics });
    else stop.abort();
  });
  reply({ ready: true });
  running.then(() => {
    reply({ frames, statistics: source.statistics });
    source.close();
  }, fail);
}

/** Lets the ring fill up, and reads it when asked to stop. */
function captureUnread({ ringBytes, blockBytes }: CaptureChildOptions): void {
  const ring = new AfPacketRing({ filter: socketFilter({ snaplenBytes: 65_535 }), ringBytes, blockBytes });
  const statistics = (): SourceStatistics => {
    ring.readStatistics();
    return { ...ring.statistics, segmentOffload: ring.segmentOffload, interfaces: [] };
  };
  onRequest((request) => {
    if (request === 'statistics') return reply({ statistics: statistics() });
    ring.drain(sink, Number.POSITIVE_INFINITY);
    reply({ frames, statistics: statistics() });
    ring.close();
  });
  reply({ ready: true });
}

function fail(error: unknown): void {
  const code = error instanceof FlowtapError ? error.code : undefined;
  reply({ error: { code, message: error instanceof Error ? error.message : String(error) } });
}

// The parent disconnects when it has read the last reply.
process.once('disconnect', () => process.exit());
const options = JSON.parse(process.argv[2]) as CaptureChildOptions;
try {
  if (options.through === 'unread_ring') captureUnread(options);
  else capture(options.through === 'libpcap' ? await openLibpcapSource(options) : new LiveSource(options));
} catch (error) {
  fail(error);
}

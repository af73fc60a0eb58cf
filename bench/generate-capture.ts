import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { ConversationFrames, FRAME_HEADERS_BYTES_MAX } from './conversation-frames.ts';
import type { TrafficShape } from './traffic-plan.ts';
import { planTraffic } from './traffic-plan.ts';

const SNAPLEN_BYTES = 96;
const DURATION_SECONDS = 60;
/** 2026-01-15T10:03:00Z */
const START_SECONDS = 1_768_471_380;
const LINKTYPE_ETHERNET = 1;
const RECORD_HEADER_BYTES = 16;
const BUFFER_BYTES = 1 << 20;

/** The file of that capture in `folder`, generated unless it is there. */
export function captureFile(folder: string, shape: TrafficShape): string {
  const path = join(folder, `${shape.packets}-packets-${shape.flows}-flows-seed-${shape.seed}.pcap`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  writeCapture(`${path}.part`, shape);
  renameSync(`${path}.part`, path);
  return path;
}

/** Writes a pcap file (draft-ietf-opsawg-pcap): little-endian, microseconds, Ethernet, evenly over a minute. */
function writeCapture(path: string, shape: TrafficShape): void {
  const { packets } = shape;
  const plan = planTraffic(shape);
  const frames = new ConversationFrames(plan);
  const bytes = new Uint8Array(BUFFER_BYTES);
  const view = new DataView(bytes.buffer);
  const file = openSync(path, 'w');
  let used = writeFileHeader(view);
  for (let packet = 0; packet < packets; packet++) {
    if (used + RECORD_HEADER_BYTES + FRAME_HEADERS_BYTES_MAX > BUFFER_BYTES) {
      writeSync(file, bytes, 0, used);
      bytes.fill(0);
      used = 0;
    }
    const micros = Math.floor((packet / packets) * DURATION_SECONDS * 1e6);
    const wireBytes = frames.write(view, used + RECORD_HEADER_BYTES, plan.order[packet]);
    const capturedBytes = Math.min(wireBytes, SNAPLEN_BYTES);
    view.setUint32(used, START_SECONDS + Math.floor(micros / 1e6), true);
    view.setUint32(used + 4, micros % 1e6, true);
    view.setUint32(used + 8, capturedBytes, true);
    view.setUint32(used + 12, wireBytes, true);
    used += RECORD_HEADER_BYTES + capturedBytes;
  }
  writeSync(file, bytes, 0, used);
  closeSync(file);
}

function writeFileHeader(view: DataView): number {
  view.setUint32(0, 0xa1b2_c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, SNAPLEN_BYTES, true);
  view.setUint32(20, LINKTYPE_ETHERNET, true);
  return 24;
}

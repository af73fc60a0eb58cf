import type { Readable } from 'node:stream';
import { ByteWindow, DEFAULT_CHUNK_BYTES } from './bytes/byte-window.ts';
import { GunzipSource } from './bytes/gunzip-source.ts';
import { startsGzip } from './bytes/gzip-header.ts';
import { openSource } from './bytes/open-source.ts';
import { captureDamage } from './capture-damage.ts';
import { emptyReader } from './empty-reader.ts';
import type { FrameReader } from './frame-reader.ts';
import { isPcapMagic, PCAP_HEADER_BYTES, PcapReader } from './pcap-reader.ts';
import { SECTION_HEADER_BLOCK } from './pcapng-block.ts';
import { PcapngReader } from './pcapng-reader.ts';

export interface CaptureInputOptions {
  /** What the path `-` stands for; without it that path cannot be read. */
  readonly standardInput?: Readable;
  /** Ends the reading: `fill` then gives false, without damage. */
  readonly signal?: AbortSignal;
  /** How much is read at once, 1 MiB by default. A reader holds two buffers of this and 384 KiB. */
  readonly chunkBytes?: number;
}

/** What other compressed files start with: named to the user, not read. */
const COMPRESSIONS: Readonly<Record<string, string>> = {
  '28b52ffd': 'zstd',
  fd377a58: 'xz',
  '425a6839': 'bzip2',
  '04224d18': 'lz4',
};

/**
 * Opens the capture at `path`, or on standard input where that is `-`: pcap or pcapng, either of them also in
 * gzip, told by their first bytes. Never rejects: what cannot be opened is a reader without frames, whose
 * `damage` is UNREADABLE (no such file, a directory, …) or NOT_A_CAPTURE.
 */
export async function openCapture(path: string, options: CaptureInputOptions = {}): Promise<FrameReader> {
  const { signal, chunkBytes = DEFAULT_CHUNK_BYTES } = options;
  const opened = await openSource(path, options.standardInput, signal);
  if ('code' in opened) return emptyReader(captureDamage(opened.code, opened.reason, 0));
  let window = new ByteWindow(opened.source, Math.min(chunkBytes, opened.sizeBytes), signal);
  await fillHeader(window);
  if (startsGzip(window.bytes, window.position, window.end)) {
    window = new ByteWindow(new GunzipSource(window), chunkBytes, signal);
    await fillHeader(window);
  }
  return readerOf(window, signal);
}

/** Reads until the longest of the headers that tell the kinds apart is there, or the input has ended. */
async function fillHeader(window: ByteWindow): Promise<void> {
  while (window.unread < PCAP_HEADER_BYTES && (await window.fill()));
}

async function readerOf(window: ByteWindow, signal: AbortSignal | undefined): Promise<FrameReader> {
  const { view, position, unread } = window;
  if (unread >= 4) {
    const first = view.getUint32(position);
    if (isPcapMagic(first) || isPcapMagic(view.getUint32(position, true))) return new PcapReader(window);
    if (first === SECTION_HEADER_BLOCK) return new PcapngReader(window);
  }
  await window.close();
  if (signal?.aborted) return emptyReader(undefined);
  const failure = window.sourceFailure;
  if (failure !== undefined) return emptyReader(captureDamage(failure.code, failure.reason, 0));
  return emptyReader(captureDamage('NOT_A_CAPTURE', notACapture(window), 0));
}

function notACapture({ bytes, position, unread }: ByteWindow): string {
  if (unread === 0) return 'It is empty.';
  const start = Buffer.from(bytes.subarray(position, position + Math.min(unread, 4))).toString('hex');
  const compression = COMPRESSIONS[start];
  if (compression !== undefined) return `It is compressed with ${compression}; decompress it first.`;
  return `It is neither pcap nor pcapng; it starts with ${start}.`;
}

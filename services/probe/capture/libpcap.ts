import { setTimeout as sleep } from 'node:timers/promises';

import { FlowtapError } from '../../runtime/errors.ts';
import { LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL, LINKTYPE_NULL, LINKTYPE_RAW } from '../decode/link-type.ts';
import { netRawMissing } from './net-raw.ts';
import type { PacketSink } from './packet-sink.ts';
import { circumstances, ORIGIN_UNKNOWN } from './packet-sink.ts';
import type { PacketSource, SourceRun, SourceStatistics } from './packet-source.ts';
import { TURN_TIMEOUT_MS } from './packet-source.ts';
import { ARPHRD_LOOPBACK } from './socket-filter.ts';

export interface LibpcapOptions {
  /** Interfaces by name, which must exist; undefined for all but loopback ones. */
  readonly interfaces?: readonly string[] | undefined;
  /** A tcpdump expression. */
  readonly filter?: string | undefined;
}

type CapPackage = typeof import('cap');

/** Link types by the names that `cap` gives them. */
const LINK_TYPES: ReadonlyMap<string, number> = new Map([
  ['ETHERNET', LINKTYPE_ETHERNET],
  ['NULL', LINKTYPE_NULL],
  ['RAW', LINKTYPE_RAW],
  ['LINKTYPE_LINUX_SLL', LINKTYPE_LINUX_SLL],
]);

/** Linux's pseudo device for all interfaces, also of those that appear later. */
const ANY_DEVICE = 'any';

const KERNEL_BUFFER_BYTES = 8 * 1024 * 1024;
/** The snap length of `cap`. */
const FRAME_BYTES = 65_535;

/**
 * Opens a capture through libpcap, for systems without the packet ring. It needs the optional package `cap`, and is
 * the lesser choice: packets have the time when they are read, lost ones are not counted, merged frames of an
 * offloading interface count as one packet, own traffic is not left out. A named interface becomes promiscuous, and
 * when it vanishes `cap` ends this process; without names neither is the case on Linux.
 *
 * Throws CAP_UNAVAILABLE, NET_RAW_MISSING, or LIBPCAP_FAILED with libpcap's own message.
 */
export async function openLibpcapSource(options: LibpcapOptions): Promise<PacketSource> {
  const cap = await loadCap();
  const source = new LibpcapSource();
  try {
    for (const device of options.interfaces ?? standardDevices(cap)) {
      source.open(cap, device, options.filter ?? '');
    }
    return source;
  } catch (error) {
    source.close();
    throw error;
  }
}

class LibpcapSource implements PacketSource {
  readonly deliveryDelayMs = 0;
  readonly #devices: { readonly name: string; readonly capture: InstanceType<CapPackage['Cap']> }[] = [];
  #sink: PacketSink | undefined;
  #now: () => number = () => 0;
  #frames = 0;

  get statistics(): SourceStatistics {
    return {
      frames: this.#frames,
      unsupportedLink: 0,
      kernelReceived: undefined,
      kernelDrops: undefined,
      kernelFreezes: undefined,
      segmentOffload: 'none',
      interfaces: this.#devices.map(({ name }) => name),
    };
  }

  open(cap: CapPackage, name: string, filter: string): void {
    const capture = new cap.Cap();
    const buffer = Buffer.alloc(FRAME_BYTES);
    const linkType = linkTypeNumber(name, openDevice(capture, name, filter, buffer));
    this.#devices.push({ name, capture });
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    capture.on('packet', (capturedBytes) => {
      if (linkType !== LINKTYPE_LINUX_SLL || !isLoopback(view)) this.#packet(view, capturedBytes, linkType);
    });
  }

  async run({ sink, signal, now, onTurn }: SourceRun): Promise<void> {
    this.#sink = sink;
    this.#now = now;
    while (!signal.aborted) {
      await sleep(TURN_TIMEOUT_MS, undefined, { signal }).catch(() => undefined);
      onTurn(now());
    }
    // Once more round the event loop, where packets are read.
    await sleep(1);
    onTurn(now());
    this.#sink = undefined;
  }

  close(): void {
    for (const { capture } of this.#devices.splice(0)) capture.close();
  }

  #packet(view: DataView, capturedBytes: number, linkType: number): void {
    if (this.#sink === undefined) return;
    this.#frames++;
    const nowMs = this.#now();
    const seconds = Math.floor(nowMs / 1000);
    const nanoseconds = Math.floor((nowMs - seconds * 1000) * 1e6);
    const about = circumstances(ORIGIN_UNKNOWN, 0, 0);
    this.#sink.packet(view, 0, capturedBytes, capturedBytes, linkType, seconds, nanoseconds, about);
  }
}

async function loadCap(): Promise<CapPackage> {
  try {
    return (await import('cap')).default;
  } catch (cause) {
    throw new FlowtapError(
      'CAP_UNAVAILABLE',
      'capture',
      'Capturing through libpcap needs the optional package `cap`, built for this Node.js; ' +
        'run `node scripts/build-cap.mjs`, which says what is missing.',
      { cause },
    );
  }
}

function standardDevices(cap: CapPackage): readonly string[] {
  if (process.platform === 'linux') return [ANY_DEVICE];
  return cap
    .deviceList()
    .filter(({ flags, addresses }) => flags !== 'PCAP_IF_LOOPBACK' && addresses.length > 0)
    .map(({ name }) => name);
}

function openDevice(
  capture: InstanceType<CapPackage['Cap']>,
  name: string,
  filter: string,
  buffer: Buffer,
): string {
  try {
    return capture.open(name, filter, KERNEL_BUFFER_BYTES, buffer);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    if (process.platform === 'linux' && /permi(ssion|tted)/i.test(reason)) throw netRawMissing(cause);
    throw new FlowtapError(
      'LIBPCAP_FAILED',
      'capture',
      `libpcap cannot capture on ${name}: ${reason || 'it does not say why'}.`,
      { cause },
    );
  }
}

function linkTypeNumber(device: string, name: string): number {
  const linkType = LINK_TYPES.get(name);
  if (linkType !== undefined) return linkType;
  throw new FlowtapError(
    'LIBPCAP_FAILED',
    'capture',
    `The frames of ${device} are of a kind that is not understood (${name}); name another interface.`,
  );
}

/** The ARPHRD type in a Linux cooked header (LINKTYPE_LINUX_SLL). */
const isLoopback = (view: DataView): boolean => view.getUint16(2) === ARPHRD_LOOPBACK;

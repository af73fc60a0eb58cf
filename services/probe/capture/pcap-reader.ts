import type { ByteWindow } from './bytes/byte-window.ts';
import type { CaptureDamage, FrameReader } from './frame-reader.ts';

/** The file header, draft-ietf-opsawg-pcap section 4, and the first number in it. */
export const PCAP_HEADER_BYTES = 24;
const PCAP_MAGIC_MICROSECONDS = 0xa1b2c3d4;
export const PCAP_MAGIC_NANOSECONDS = 0xa1b23c4d;
/** Kuznetzov's variant: microseconds, and record headers with the interface and protocol behind the lengths. */
const PCAP_MAGIC_MODIFIED = 0xa1b2cd34;

const RECORD_HEADER_BYTES = 16;
const MODIFIED_RECORD_HEADER_BYTES = 24;

/** MAXIMUM_SNAPLEN of libpcap: a longer frame is taken for damage. */
export const MAX_CAPTURED_BYTES = 262_144;

/** Bits 16 to 25 of the network field are reserved and zero; those above tell of the frame check sequence. */
const LINK_TYPE_RESERVED = 0x03ff0000;
const LINK_TYPE_MASK = 0xffff;

const MAX_SECONDS = 0xffffffff;

/** True for the first number of a pcap file, read in the file's byte order. */
export function isPcapMagic(magic: number): boolean {
  return (
    magic === PCAP_MAGIC_MICROSECONDS || magic === PCAP_MAGIC_NANOSECONDS || magic === PCAP_MAGIC_MODIFIED
  );
}

/** Reads classic pcap: either byte order, micro- and nanoseconds, versions 2.0 to 2.4 (and 543.0 of DG/UX). */
export class PcapReader implements FrameReader {
  view: DataView;
  offset = 0;
  capturedBytes = 0;
  wireBytes = 0;
  linkType = 0;
  seconds = 0;
  nanoseconds = 0;
  readonly #window: ByteWindow;
  #littleEndian = false;
  #recordHeaderBytes = RECORD_HEADER_BYTES;
  #nanosecondsPerUnit = 1000;
  /** Versions before 2.3 have the length on the wire first. Files of 2.3 may have either order. */
  #wireLengthFirst = false;
  #lengthOrderUnsure = false;

  /** @param window stands at the file header, all 24 bytes of which are in memory unless the input has ended */
  constructor(window: ByteWindow) {
    this.#window = window;
    this.view = window.view;
    this.#readHeader();
  }

  get damage(): CaptureDamage | undefined {
    return this.#window.damage;
  }

  get bytesRead(): number {
    return this.damage?.byteOffset ?? this.#window.inputOffset;
  }

  advance(): boolean {
    const window = this.#window;
    const start = window.position;
    const offset = start + this.#recordHeaderBytes;
    if (offset > window.end) return false;
    const view = this.view;
    const littleEndian = this.#littleEndian;
    let capturedBytes = view.getUint32(start + 8, littleEndian);
    let wireBytes = view.getUint32(start + 12, littleEndian);
    if (this.#wireLengthFirst || (capturedBytes > wireBytes && this.#lengthOrderUnsure)) {
      const first = capturedBytes;
      capturedBytes = wireBytes;
      wireBytes = first;
    }
    if (capturedBytes > MAX_CAPTURED_BYTES) return this.#refuseLength(capturedBytes);
    const next = offset + capturedBytes;
    if (next > window.end) return false;
    window.position = next;
    this.offset = offset;
    this.capturedBytes = capturedBytes;
    this.wireBytes = wireBytes;
    this.seconds = view.getUint32(start, littleEndian);
    this.nanoseconds = view.getUint32(start + 4, littleEndian) * this.#nanosecondsPerUnit;
    if (this.nanoseconds > 999_999_999) this.#carrySeconds();
    return true;
  }

  async fill(): Promise<boolean> {
    const window = this.#window;
    if (await window.fill()) {
      this.view = window.view;
      return true;
    }
    window.conclude(window.inputOffset, 'TRUNCATED_FRAME', 'The capture ends in the middle of a frame.');
    return false;
  }

  close(): Promise<void> {
    return this.#window.close();
  }

  #readHeader(): void {
    const window = this.#window;
    if (window.unread < PCAP_HEADER_BYTES) {
      window.conclude(window.inputOffset, 'TRUNCATED_HEADER', 'The capture ends within its file header.');
      window.position = window.end;
      return;
    }
    const { view, position } = window;
    this.#littleEndian = isPcapMagic(view.getUint32(position, true));
    const magic = view.getUint32(position, this.#littleEndian);
    if (magic === PCAP_MAGIC_NANOSECONDS) this.#nanosecondsPerUnit = 1;
    if (magic === PCAP_MAGIC_MODIFIED) this.#recordHeaderBytes = MODIFIED_RECORD_HEADER_BYTES;
    const major = view.getUint16(position + 4, this.#littleEndian);
    const minor = view.getUint16(position + 6, this.#littleEndian);
    const network = view.getUint32(position + 20, this.#littleEndian);
    const isDgUx = major === 543 && minor === 0;
    if (!(major === 2 && minor <= 4) && !isDgUx) {
      const reason = `The pcap version is ${major}.${minor}; 2.0 to 2.4 can be read.`;
      window.fail('UNSUPPORTED_VERSION', reason, window.inputOffset);
    } else if ((network & LINK_TYPE_RESERVED) !== 0) {
      window.fail('BAD_LINK_TYPE', 'Reserved bits of the link type are set.', window.inputOffset);
    } else {
      this.#wireLengthFirst = isDgUx || minor < 3;
      this.#lengthOrderUnsure = minor === 3;
      this.linkType = network & LINK_TYPE_MASK;
      window.position += PCAP_HEADER_BYTES;
    }
  }

  #refuseLength(capturedBytes: number): false {
    const reason = `A frame claims ${capturedBytes} captured bytes, more than ${MAX_CAPTURED_BYTES}.`;
    return this.#window.fail('FRAME_TOO_LONG', reason, this.#window.inputOffset);
  }

  /** Damaged files hold fractions of a second and more. */
  #carrySeconds(): void {
    const carried = Math.floor(this.nanoseconds / 1e9);
    this.nanoseconds -= carried * 1e9;
    this.seconds = Math.min(this.seconds + carried, MAX_SECONDS);
  }
}

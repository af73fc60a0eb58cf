import type { ByteWindow } from './bytes/byte-window.ts';
import { MAX_RECORD_BYTES } from './bytes/byte-window.ts';
import type { CaptureDamageCode } from './capture-damage.ts';
import type { CaptureDamage, FrameReader } from './frame-reader.ts';
import { MAX_CAPTURED_BYTES } from './pcap-reader.ts';
import {
  BLOCK_TRAILER_BYTES,
  BYTE_ORDER_MAGIC,
  ENHANCED_PACKET_BLOCK,
  INTERFACE_DESCRIPTION_BLOCK,
  isPacketBlock,
  MIN_BLOCK_BYTES,
  MIN_INTERFACE_BLOCK_BYTES,
  MIN_SECTION_BLOCK_BYTES,
  PACKET_BLOCK,
  PACKET_DATA_OFFSET,
  SECTION_HEADER_BLOCK,
  SIMPLE_PACKET_BLOCK,
  SIMPLE_PACKET_DATA_OFFSET,
} from './pcapng-block.ts';
import type { PcapngInterface } from './pcapng-interface.ts';
import { readPcapngInterface } from './pcapng-interface.ts';

/** A packet block names its interface by a number; this many are kept a section. */
const MAX_INTERFACES = 65_536;

/**
 * Reads pcapng 1.0 and 1.2 (draft-ietf-opsawg-pcapng): any sections and interfaces, and all three kinds of packet
 * block. Other blocks are passed over.
 */
export class PcapngReader implements FrameReader {
  view: DataView;
  offset = 0;
  capturedBytes = 0;
  wireBytes = 0;
  linkType = 0;
  /** A simple packet block has no time: 0. */
  seconds = 0;
  nanoseconds = 0;
  readonly #window: ByteWindow;
  #littleEndian = false;
  #interfaces: PcapngInterface[] = [];
  /** The block too long for memory that is being passed over: its length, 0 for none. */
  #skippedLength = 0;
  /** Where in the input it starts. */
  #skippedFrom = 0;
  /** How many of its bytes are to come before its trailer. */
  #skippedLeft = 0;

  /** @param window stands at the first section header block */
  constructor(window: ByteWindow) {
    this.#window = window;
    this.view = window.view;
  }

  get damage(): CaptureDamage | undefined {
    return this.#window.damage;
  }

  get bytesRead(): number {
    return this.damage?.byteOffset ?? this.#window.inputOffset;
  }

  advance(): boolean {
    const window = this.#window;
    const view = this.view;
    while (this.#skippedLength === 0 || this.#skipOn()) {
      const start = window.position;
      if (start + MIN_BLOCK_BYTES > window.end) return false;
      const type = view.getUint32(start, this.#littleEndian);
      if (type === SECTION_HEADER_BLOCK && !this.#readByteOrder(start)) return false;
      const length = view.getUint32(start + 4, this.#littleEndian);
      if (length < MIN_BLOCK_BYTES || (length & 3) !== 0) {
        return this.#fail('BAD_BLOCK_LENGTH', `A block claims to be ${length} bytes long.`);
      }
      const next = start + length;
      if (next > window.end) {
        if (!this.#passOver(type, length)) return false;
        continue;
      }
      const trailer = view.getUint32(next - BLOCK_TRAILER_BYTES, this.#littleEndian);
      if (trailer !== length) return this.#failTrailer();
      if (!this.#readBlock(type, start, next)) return false;
      window.position = next;
      if (isPacketBlock(type)) return true;
    }
    return false;
  }

  async fill(): Promise<boolean> {
    const window = this.#window;
    if (await window.fill()) {
      this.view = window.view;
      return true;
    }
    const blockOffset = this.#skippedLength > 0 ? this.#skippedFrom : window.inputOffset;
    window.conclude(blockOffset, 'TRUNCATED_BLOCK', 'The capture ends in the middle of a block.');
    return false;
  }

  close(): Promise<void> {
    return this.#window.close();
  }

  /** Takes over what the block says; false for damage in it. */
  #readBlock(type: number, start: number, next: number): boolean {
    switch (type) {
      case ENHANCED_PACKET_BLOCK:
        return this.#readPacket(start, next, this.view.getUint32(start + 8, this.#littleEndian));
      case PACKET_BLOCK:
        return this.#readPacket(start, next, this.view.getUint16(start + 8, this.#littleEndian));
      case SIMPLE_PACKET_BLOCK:
        return this.#readSimplePacket(start, next);
      case INTERFACE_DESCRIPTION_BLOCK:
        return this.#readInterface(start, next);
      case SECTION_HEADER_BLOCK:
        return this.#readSection(start, next);
      default:
        return true;
    }
  }

  #readPacket(start: number, next: number, interfaceId: number): boolean {
    const packet = start + PACKET_DATA_OFFSET;
    if (packet + BLOCK_TRAILER_BYTES > next) return this.#failShort('packet');
    const source = this.#interfaces[interfaceId];
    if (source === undefined) return this.#failInterface(interfaceId);
    const view = this.view;
    const littleEndian = this.#littleEndian;
    const capturedBytes = view.getUint32(start + 20, littleEndian);
    if (!this.#takeFrame(packet, capturedBytes, next)) return false;
    source.timestamps.read(view, start + 12, littleEndian);
    this.wireBytes = view.getUint32(start + 24, littleEndian);
    this.linkType = source.linkType;
    this.seconds = source.timestamps.seconds;
    this.nanoseconds = source.timestamps.nanoseconds;
    return true;
  }

  #readSimplePacket(start: number, next: number): boolean {
    const packet = start + SIMPLE_PACKET_DATA_OFFSET;
    if (packet + BLOCK_TRAILER_BYTES > next) return this.#failShort('simple packet');
    const source = this.#interfaces[0];
    if (source === undefined) return this.#failInterface(0);
    const wireBytes = this.view.getUint32(start + 8, this.#littleEndian);
    const snaplenBytes = source.snaplenBytes || wireBytes;
    if (!this.#takeFrame(packet, Math.min(snaplenBytes, wireBytes), next)) return false;
    this.wireBytes = wireBytes;
    this.linkType = source.linkType;
    this.seconds = 0;
    this.nanoseconds = 0;
    return true;
  }

  #takeFrame(offset: number, capturedBytes: number, next: number): boolean {
    if (capturedBytes > MAX_CAPTURED_BYTES || offset + capturedBytes + BLOCK_TRAILER_BYTES > next) {
      const reason = `A frame claims ${capturedBytes} captured bytes, more than it may have or its block holds.`;
      return this.#fail('FRAME_TOO_LONG', reason);
    }
    this.offset = offset;
    this.capturedBytes = capturedBytes;
    return true;
  }

  #readInterface(start: number, next: number): boolean {
    if (start + MIN_INTERFACE_BLOCK_BYTES > next) return this.#failShort('interface description');
    if (this.#interfaces.length === MAX_INTERFACES) {
      return this.#fail('TOO_MANY_INTERFACES', `A section describes more than ${MAX_INTERFACES} interfaces.`);
    }
    const described = readPcapngInterface(this.view, start, next, this.#littleEndian);
    if (typeof described === 'string') return this.#fail('BAD_INTERFACE', described);
    this.#interfaces.push(described);
    return true;
  }

  #readByteOrder(start: number): boolean {
    this.#littleEndian = this.view.getUint8(start + 8) === (BYTE_ORDER_MAGIC & 0xff);
    if (this.view.getUint32(start + 8, this.#littleEndian) === BYTE_ORDER_MAGIC) return true;
    return this.#fail('BAD_SECTION', 'A section header has no byte-order magic.');
  }

  #readSection(start: number, next: number): boolean {
    if (start + MIN_SECTION_BLOCK_BYTES > next) return this.#failShort('section header');
    const major = this.view.getUint16(start + 12, this.#littleEndian);
    const minor = this.view.getUint16(start + 14, this.#littleEndian);
    if (major !== 1 || (minor !== 0 && minor !== 2)) {
      const reason = `The pcapng version is ${major}.${minor}; 1.0 and 1.2 can be read.`;
      return this.#fail('UNSUPPORTED_VERSION', reason);
    }
    this.#interfaces = [];
    return true;
  }

  /** Passes over a block too long to wait for; false for one that is to come into memory whole. */
  #passOver(type: number, length: number): boolean {
    if (length <= MAX_RECORD_BYTES) return false;
    if (isPacketBlock(type) || type === INTERFACE_DESCRIPTION_BLOCK || type === SECTION_HEADER_BLOCK) {
      return this.#fail('BAD_BLOCK_LENGTH', `A block that must be read claims to be ${length} bytes long.`);
    }
    this.#skippedLength = length;
    this.#skippedFrom = this.#window.inputOffset;
    this.#skippedLeft = length - BLOCK_TRAILER_BYTES;
    return true;
  }

  /** Drops what is there of the block that is passed over; true when it is behind us. */
  #skipOn(): boolean {
    const window = this.#window;
    const dropped = Math.min(this.#skippedLeft, window.unread);
    window.position += dropped;
    this.#skippedLeft -= dropped;
    if (this.#skippedLeft > 0 || window.unread < BLOCK_TRAILER_BYTES) return false;
    const trailer = this.view.getUint32(window.position, this.#littleEndian);
    if (trailer !== this.#skippedLength) return this.#failTrailer();
    window.position += BLOCK_TRAILER_BYTES;
    this.#skippedLength = 0;
    return true;
  }

  #failTrailer(): false {
    return this.#fail('BAD_BLOCK_TRAILER', 'The lengths at both ends of a block differ.');
  }

  #failShort(kind: string): false {
    return this.#fail('BAD_BLOCK_LENGTH', `A ${kind} block is too short for its fields.`);
  }

  #failInterface(interfaceId: number): false {
    const reason = `A packet names interface ${interfaceId}, which its section does not describe.`;
    return this.#fail('UNKNOWN_INTERFACE', reason);
  }

  /** Damage of the block at hand. */
  #fail(code: CaptureDamageCode, reason: string): false {
    const blockOffset = this.#skippedLength > 0 ? this.#skippedFrom : this.#window.inputOffset;
    return this.#window.fail(code, reason, blockOffset);
  }
}

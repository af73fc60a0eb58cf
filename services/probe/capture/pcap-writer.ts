import { MAX_CAPTURED_BYTES, PCAP_HEADER_BYTES, PCAP_MAGIC_NANOSECONDS } from './pcap-reader.ts';

/** How many bytes `encodePcapRecord` puts before a frame. */
export const PCAP_RECORD_HEADER_BYTES = 16;

/** The file header of a little-endian pcap file with nanoseconds, version 2.4 (draft-ietf-opsawg-pcap). */
export function encodePcapHeader(linkType: number, snaplenBytes = MAX_CAPTURED_BYTES): Buffer {
  const header = Buffer.alloc(PCAP_HEADER_BYTES);
  header.writeUInt32LE(PCAP_MAGIC_NANOSECONDS, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(snaplenBytes, 16);
  header.writeUInt32LE(linkType, 20);
  return header;
}

/**
 * Writes a record of such a file at `offset` of `into`, which must have room for its header and the frame, and
 * gives the offset behind it. `wireBytes` is larger than the frame where the capture cut it.
 */
export function encodePcapRecord(
  into: Buffer,
  offset: number,
  seconds: number,
  nanoseconds: number,
  frame: Uint8Array,
  wireBytes: number = frame.length,
): number {
  into.writeUInt32LE(seconds, offset);
  into.writeUInt32LE(nanoseconds, offset + 4);
  into.writeUInt32LE(frame.length, offset + 8);
  into.writeUInt32LE(wireBytes, offset + 12);
  into.set(frame, offset + PCAP_RECORD_HEADER_BYTES);
  return offset + PCAP_RECORD_HEADER_BYTES + frame.length;
}

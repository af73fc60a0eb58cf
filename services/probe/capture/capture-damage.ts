import type { CaptureDamage } from './frame-reader.ts';

/** Every code that a CaptureDamage of a capture file can carry, with what it means to the user. */
export const CAPTURE_DAMAGE_CODES = {
  UNREADABLE: 'The path cannot be opened.',
  READ_FAILED: 'The operating system failed to read on.',
  NOT_A_CAPTURE: 'The input is neither pcap nor pcapng.',
  BAD_GZIP: 'The gzip data around the capture are damaged or end too early.',
  UNSUPPORTED_VERSION: 'The file or a section of it is of a version that cannot be read.',
  TRUNCATED_HEADER: 'The input ends within the file header.',
  TRUNCATED_FRAME: 'The input ends within a frame or the header before it.',
  TRUNCATED_BLOCK: 'The input ends within a pcapng block.',
  BAD_LINK_TYPE: 'Reserved bits of the link type are set.',
  FRAME_TOO_LONG: 'A frame claims more bytes than a frame, or its block, can have.',
  BAD_SECTION: 'A pcapng section header has no byte-order magic.',
  BAD_BLOCK_LENGTH: 'A pcapng block has a length that no block of its type can have.',
  BAD_BLOCK_TRAILER: 'The lengths at both ends of a pcapng block differ.',
  BAD_INTERFACE: 'The options of a pcapng interface cannot be read.',
  UNKNOWN_INTERFACE: 'A packet names an interface that its pcapng section does not describe.',
  TOO_MANY_INTERFACES: 'A pcapng section describes more interfaces than are kept.',
} as const;

export type CaptureDamageCode = keyof typeof CAPTURE_DAMAGE_CODES;

/** Damage at a byte of the (decompressed) input. */
export function captureDamage(code: CaptureDamageCode, reason: string, byteOffset: number): CaptureDamage {
  return { code, reason, byteOffset };
}

/** Block types, draft-ietf-opsawg-pcapng section 11.1. This one reads the same in both byte orders. */
export const SECTION_HEADER_BLOCK = 0x0a0d0d0a;
export const INTERFACE_DESCRIPTION_BLOCK = 1;
/** Obsolete; like an enhanced packet block but for the interface (16 bits) and a drop count behind it. */
export const PACKET_BLOCK = 2;
export const SIMPLE_PACKET_BLOCK = 3;
export const ENHANCED_PACKET_BLOCK = 6;

/** Where the section header has it, section 4.1. */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** The shortest blocks: type, length and the length once more; and these with the fixed fields of their type. */
export const MIN_BLOCK_BYTES = 12;
export const MIN_SECTION_BLOCK_BYTES = 28;
export const MIN_INTERFACE_BLOCK_BYTES = 20;

/** The length once more at the end of every block. */
export const BLOCK_TRAILER_BYTES = 4;

/** Where the frame starts in an enhanced packet block and an obsolete one, and in a simple one. */
export const PACKET_DATA_OFFSET = 28;
export const SIMPLE_PACKET_DATA_OFFSET = 12;

/** True for the three kinds of block that hold a frame. */
export function isPacketBlock(type: number): boolean {
  return type === ENHANCED_PACKET_BLOCK || type === SIMPLE_PACKET_BLOCK || type === PACKET_BLOCK;
}

import { endianness } from 'node:os';

/** For DataView: what the kernel shares with this process is in the byte order of the processor. */
export const HOST_IS_LITTLE_ENDIAN = endianness() === 'LE';

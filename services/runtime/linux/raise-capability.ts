import koffi from 'koffi';

/** Bits of linux/capability.h. */
export const CAP_NET_ADMIN = 12;
export const CAP_NET_RAW = 13;

/** _LINUX_CAPABILITY_VERSION_3: sets of 64 bits, as two halves of effective, permitted and inheritable. */
const VERSION_3 = 0x2008_0522;
const WORDS_PER_HALF = 3;
const BITS_PER_WORD = 32;

/**
 * Makes a capability that this thread is permitted to have effective. Node.js in an image has file capabilities that are
 * permitted only: one that had them effective could not be started at all where a container is not granted one of them.
 * Where the capability is not permitted, or on another system, nothing happens: what needs it will say so.
 */
export function raiseCapability(capability: number): void {
  if (process.platform !== 'linux') return;
  try {
    const libc = koffi.load('libc.so.6');
    const header = new Uint32Array([VERSION_3, 0]);
    const sets = new Uint32Array(2 * WORDS_PER_HALF);
    if (libc.func('int capget(void *, void *)')(header, sets) !== 0) return;
    const half = Math.floor(capability / BITS_PER_WORD) * WORDS_PER_HALF;
    const bit = 1 << (capability % BITS_PER_WORD);
    if ((sets[half + 1] & bit) === 0 || (sets[half] & bit) !== 0) return;
    sets[half] |= bit;
    libc.func('int capset(void *, void *)')(header, sets);
  } catch {
    // Another C library.
  }
}

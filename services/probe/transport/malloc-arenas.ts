import koffi from 'koffi';

/** malloc.h. */
const M_ARENA_MAX = -8;

/**
 * Has the GNU C library take all memory from one pool. By default each thread that asks first gets one of its own, which
 * keeps what it had: for compressing and reading files on threads these come to several megabytes. Packets are metered
 * without asking for memory, so sharing costs nothing. Where there is no such library nothing happens.
 */
export function shareMallocArena(): void {
  try {
    const mallopt = koffi.load('libc.so.6').func('int mallopt(int, int)');
    mallopt(M_ARENA_MAX, 1);
  } catch {
    // Another C library, or another system.
  }
}

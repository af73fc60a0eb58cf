/**
 * Runs loops beside each other until the signal is aborted and all of them have ended. One that fails ends the others,
 * and its error is thrown when they have ended; one that has nothing to do may end early.
 */
export async function runTogether(
  signal: AbortSignal,
  loops: readonly ((ending: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const failing = new AbortController();
  const ending = AbortSignal.any([signal, failing.signal]);
  await Promise.allSettled(
    loops.map(async (loop) => {
      try {
        await loop(ending);
      } catch (error) {
        // The first reason counts.
        failing.abort(error);
      }
    }),
  );
  if (failing.signal.aborted) throw failing.signal.reason;
}

import { setTimeout as wait } from 'node:timers/promises';

const STEP_MS = 5;

/** Waits for a condition; the test's own time limit ends it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await wait(STEP_MS);
}

import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import type { Clock } from './clock.ts';

export interface FileWatchOptions {
  readonly paths: readonly string[];
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called after the content of any of the files has changed. What it throws is given to `onError`. */
  readonly onChange: () => unknown;
  readonly onError: (error: unknown) => void;
  readonly intervalMs?: number;
  /** What tells a change: the content, or of large files their size and time. */
  readonly compare?: 'content' | 'status';
}

const DEFAULT_INTERVAL_MS = 5000;

/**
 * Looks at a few files now and then. Kubernetes replaces the files of a Secret by moving a symbolic link of a
 * folder above them, which no notification on the files tells; so their content is compared. A file that is missing for
 * a moment is no change.
 */
export async function watchFiles(options: FileWatchOptions): Promise<void> {
  const { paths, clock, signal, onChange, onError } = options;
  const { intervalMs = DEFAULT_INTERVAL_MS, compare = 'content' } = options;
  // At once, so that a change after this call is one.
  let known = digestOrNothing(paths, compare);
  while (!signal.aborted) {
    await clock.sleep(intervalMs, signal);
    if (signal.aborted) return;
    try {
      const found = digest(paths, compare);
      if (found === known) continue;
      known = found;
      await onChange();
    } catch (error) {
      onError(error);
    }
  }
}

type Comparison = NonNullable<FileWatchOptions['compare']>;

function digest(paths: readonly string[], compare: Comparison): string {
  const hash = createHash('sha256');
  for (const path of paths)
    hash.update(compare === 'content' ? readFileSync(path) : statusOf(path)).update('\0');
  return hash.digest('base64');
}

function statusOf(path: string): string {
  const { ino, size, mtimeMs } = statSync(path);
  return `${ino} ${size} ${mtimeMs}`;
}

function digestOrNothing(paths: readonly string[], compare: Comparison): string | undefined {
  try {
    return digest(paths, compare);
  } catch {
    return undefined;
  }
}

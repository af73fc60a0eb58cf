import { constants, openSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { ByteSource, SourceFailure } from './byte-source.ts';
import { SHORTEST_READ_BYTES } from './byte-window.ts';
import { FileSource } from './file-source.ts';
import { StreamSource } from './stream-source.ts';

const OPEN_FAILURES: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file.',
  EACCES: 'Permission to read it is missing.',
  EISDIR: 'It is a directory.',
};

export interface OpenedSource {
  readonly source: ByteSource;
  /** How much it may give, with room for the read that finds its end. */
  readonly sizeBytes: number;
}

/**
 * Opens what a path names: a file, a named pipe, or where the path is `-` the stream given as standard input.
 * Gives the reason instead where that cannot be.
 *
 * @param signal ends a read that waits for a peer which sends nothing
 */
export async function openSource(
  path: string,
  standardInput: Readable | undefined,
  signal: AbortSignal | undefined,
): Promise<OpenedSource | SourceFailure> {
  if (path === '-') {
    if (standardInput === undefined) return { code: 'UNREADABLE', reason: 'There is no standard input.' };
    return { source: new StreamSource(standardInput, signal), sizeBytes: Number.POSITIVE_INFINITY };
  }
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) return openFailure({ code: 'EISDIR' });
    if (stats.isFIFO()) return openPipe(path, signal);
    const sizeBytes = stats.isFile() ? stats.size + SHORTEST_READ_BYTES : Number.POSITIVE_INFINITY;
    return { source: new FileSource(await open(path)), sizeBytes };
  } catch (error) {
    return openFailure(error);
  }
}

/** A blocking read of a pipe would hold a thread that cannot be called back, so it is polled like a socket. */
function openPipe(path: string, signal: AbortSignal | undefined): OpenedSource {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const stream = new Socket({ fd, readable: true, writable: false });
  return { source: new StreamSource(stream, signal), sizeBytes: Number.POSITIVE_INFINITY };
}

function openFailure(error: unknown): SourceFailure {
  const code = (error as { code?: unknown }).code;
  const reason =
    OPEN_FAILURES[String(code)] ?? `Opening it failed: ${error instanceof Error ? error.message : code}.`;
  return { code: 'UNREADABLE', reason };
}

import { netlinkError } from '../../runtime/linux/netlink-calls.ts';
import { NOTHING, OVERRUN } from '../../runtime/linux/netlink-socket.ts';
import { ConntrackEntry } from './conntrack-entry.ts';
import type { ConntrackVisitor } from './netlink-message.ts';
import { dumpRequest, visitMessages } from './netlink-message.ts';
import { explain, openConntrack } from './open-conntrack.ts';

export interface ConntrackDumpSink {
  /** Holds until the call returns. */
  entry(entry: ConntrackEntry): void;
  malformed(): void;
  /** Called after each piece, of some hundred entries: the next one is not fetched before this resolves. */
  ready(): Promise<void>;
}

/** The kernel fills at most 32 KiB at a time. */
const PIECE_BYTES = 65_536;

/** How long the kernel may take for a piece. */
const WAIT_MS = 5000;

/**
 * Reads the whole connection table, of both families, a piece at a time.
 *
 * @returns whether it is whole: false where it was given up by the signal, or the table changed under it
 */
export async function dumpConntrack(
  sink: ConntrackDumpSink,
  signal: AbortSignal,
  networkNamespace?: string,
): Promise<boolean> {
  const socket = openConntrack({ networkNamespace });
  const buffer = new Uint8Array(PIECE_BYTES);
  const progress = { isDone: false, isWhole: true, errno: 0 };
  const visitor = dumpVisitor(sink, progress);
  const wake = (): void => socket.wake();
  signal.addEventListener('abort', wake);
  try {
    socket.send(dumpRequest(1));
    while (!progress.isDone && !signal.aborted) {
      const length = socket.receive(buffer);
      if (length > 0) {
        visitMessages(buffer, length, visitor);
        if (progress.errno !== 0) throw netlinkError('a request for the connection table', progress.errno);
        await sink.ready();
      } else if (length === OVERRUN) {
        return false;
      } else if (length === NOTHING && !(await socket.wait(WAIT_MS))) {
        return false;
      }
    }
    return progress.isDone && progress.isWhole;
  } catch (error) {
    throw explain(error);
  } finally {
    signal.removeEventListener('abort', wake);
    socket.close();
  }
}

function dumpVisitor(
  sink: ConntrackDumpSink,
  progress: { isDone: boolean; isWhole: boolean; errno: number },
): ConntrackVisitor {
  const entry = new ConntrackEntry();
  return {
    entry: (bytes, start, end) => {
      if (entry.read(bytes, start, end)) sink.entry(entry);
      else sink.malformed();
    },
    done: (isWhole) => {
      progress.isDone = true;
      progress.isWhole = isWhole;
    },
    failed: (errno) => {
      progress.errno = errno;
    },
    malformed: () => sink.malformed(),
  };
}

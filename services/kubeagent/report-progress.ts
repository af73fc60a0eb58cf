import type { Clock } from '../runtime/clock.ts';
import { FlowtapError } from '../runtime/errors.ts';
import type { ListWatchState } from '../runtime/kubernetes/list-watch-observer.ts';
import type { ResourceKind } from '../runtime/kubernetes/resource-kind.ts';
import type { Logger } from '../runtime/logger.ts';
import type { EventQueue } from './event-queue.ts';
import type { MirrorStore } from './mirror-store.ts';
import type { MirrorWriter } from './mirror-writer.ts';
import { MIRRORED_KINDS } from './projection.ts';
import { isoTime } from './stored-object.ts';

export interface ProgressOptions {
  readonly store: MirrorStore;
  readonly queue: EventQueue;
  readonly writer: MirrorWriter;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settleMs: number;
  readonly stateOf?: (resource: ResourceKind) => Readonly<ListWatchState>;
}

const INTERVAL_MS = 1000;

/**
 * Says in the store, every second, until when it knows everything: until now, less what nodes may take to tell the API
 * server, or until the oldest event that is not written yet. Kinds that are not listed, or not watched, stay behind.
 */
export async function reportProgress(options: ProgressOptions, signal: AbortSignal): Promise<void> {
  const { store, queue, writer, clock, log, settleMs, stateOf } = options;
  while (!signal.aborted) {
    const untilMs = (queue.oldestMs ?? clock.now()) - settleMs;
    const inStep = MIRRORED_KINDS.filter(
      (resource) => writer.listedKinds.has(resource.kind) && stateOf?.(resource).isConnected !== false,
    );
    try {
      const kinds = inStep.map(({ kind }) => kind);
      if (kinds.length > 0) await store.reportProgress(kinds, isoTime(untilMs));
    } catch (error) {
      if (!(error instanceof FlowtapError) || error.code === 'NOT_THE_WRITER') throw error;
      log.debug({ error }, 'progress could not be reported');
    }
    await clock.sleep(INTERVAL_MS, signal);
  }
}

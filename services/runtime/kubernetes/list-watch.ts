import { Backoff } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { KubernetesApi } from './api-client.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { withoutBookkeeping } from './kubernetes-object.ts';
import { GONE, listObjects, refused } from './list-objects.ts';
import type { ListWatchObserver } from './list-watch-observer.ts';
import type { ObjectEvent, ObjectSource } from './object-source.ts';
import type { ResourceKind } from './resource-kind.ts';
import { parseWatchEvent } from './watch-event.ts';
import { watchLines } from './watch-lines.ts';

export interface ListWatchOptions {
  readonly api: KubernetesApi;
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer: ListWatchObserver;
  /** Cuts an object down to what the consumer needs, as soon as it is read. Without `managedFields` it always is. */
  readonly trim?: (object: KubernetesObject, resource: ResourceKind) => KubernetesObject;
  readonly pageSize?: number;
  /** How long the server may be silent: twice the minute between its bookmarks. */
  readonly idleMs?: number;
  /** How long the server is asked to keep a watch open, at least; up to a quarter more. */
  readonly watchSeconds?: number;
  readonly retryMs?: number;
  readonly maxRetryMs?: number;
}

/** Where the next watch goes on; undefined where a list must come first. */
interface Position {
  resourceVersion: string | undefined;
}

const PAGE_SIZE = 500;
const IDLE_MS = 130_000;
const WATCH_SECONDS = 240;
const RETRY_MS = 500;
const MAX_RETRY_MS = 30_000;

/**
 * The objects of the API server. Lists in pages, watches with bookmarks, goes on where it was when a watch ends, and
 * lists again when that is too long ago (410) or events may have been lost. Never gives up before its signal.
 */
export class ListWatch implements ObjectSource {
  readonly #options: ListWatchOptions;

  constructor(options: ListWatchOptions) {
    this.#options = options;
  }

  async *watch(resource: ResourceKind, signal: AbortSignal): AsyncGenerator<ObjectEvent> {
    const { clock, log, observer, retryMs = RETRY_MS, maxRetryMs = MAX_RETRY_MS } = this.#options;
    const backoff = new Backoff(retryMs, maxRetryMs);
    const position: Position = { resourceVersion: undefined };
    while (!signal.aborted) {
      try {
        if (position.resourceVersion === undefined) yield* this.#list(resource, position, signal);
        for await (const event of this.#watchOnce(resource, position, signal)) {
          backoff.reset();
          yield event;
        }
        // A server that closes watches at once must not be asked without a pause.
        await clock.sleep(backoff.next(), signal);
      } catch (error) {
        if (signal.aborted) return;
        observer.failed(resource);
        const waitMs = backoff.next();
        log.warn(
          { error, kind: resource.kind, waitMs: Math.round(waitMs) },
          'watching failed, will be tried again',
        );
        await clock.sleep(waitMs, signal);
      }
    }
  }

  async *#list(resource: ResourceKind, position: Position, signal: AbortSignal): AsyncGenerator<ObjectEvent> {
    const { api, observer, pageSize = PAGE_SIZE } = this.#options;
    const { objects, resourceVersion } = await listObjects(api, resource, {
      pageSize,
      signal,
      trim: (object) => this.#trim(object, resource),
    });
    observer.listed(resource, objects.length);
    yield { type: 'replace', objects, resourceVersion };
    // Only now: a consumer that fails on a list gets one again.
    position.resourceVersion = resourceVersion;
  }

  /** One watch until the server ends it. */
  async *#watchOnce(
    resource: ResourceKind,
    position: Position,
    signal: AbortSignal,
  ): AsyncGenerator<ObjectEvent> {
    const { api, observer, idleMs = IDLE_MS, watchSeconds = WATCH_SECONDS } = this.#options;
    const silence = new AbortController();
    const timer = setTimeout(
      () => silence.abort(new Error(`No event and no bookmark for ${idleMs} ms.`)),
      idleMs,
    );
    try {
      const { status, chunks } = await api.stream({
        path: resource.path,
        query: {
          watch: true,
          allowWatchBookmarks: true,
          resourceVersion: position.resourceVersion,
          fieldSelector: resource.fieldSelector,
          timeoutSeconds: Math.round(watchSeconds * (1 + Math.random() / 4)),
        },
        signal: AbortSignal.any([signal, silence.signal]),
      });
      if (status === GONE) return this.#startAgain(resource, position);
      if (status !== 200) {
        for await (const _ of chunks);
        throw refused('watch', resource, status, undefined);
      }
      observer.connected(resource);
      for await (const line of watchLines(chunks, () => timer.refresh())) {
        const event = this.#read(resource, position, line);
        if (event === undefined) continue;
        if (event === 'relist') return;
        yield event;
        // While the consumer works, nobody reads: that is no silence of the server.
        timer.refresh();
      }
    } catch (error) {
      if (silence.signal.aborted && !signal.aborted) throw silence.signal.reason;
      throw error;
    } finally {
      // Before any wait: nothing is known of what happens meanwhile.
      observer.disconnected(resource);
      clearTimeout(timer);
      silence.abort();
    }
  }

  #read(
    resource: ResourceKind,
    position: Position,
    line: string | undefined,
  ): ObjectEvent | 'relist' | undefined {
    const { observer } = this.#options;
    const event = line === undefined ? undefined : parseWatchEvent(line);
    if (event === undefined) {
      // What it said is lost, so only a list can tell.
      observer.badLine(resource);
      this.#startAgain(resource, position);
      return 'relist';
    }
    if (event.type === 'ERROR') {
      if (event.code === GONE) this.#startAgain(resource, position);
      else throw refused('watch', resource, event.code, event.message);
      return 'relist';
    }
    position.resourceVersion = event.object.metadata.resourceVersion;
    observer.progressed(resource, event.type);
    if (event.type === 'BOOKMARK')
      return { type: 'bookmark', resourceVersion: position.resourceVersion ?? '' };
    const object = this.#trim(event.object, resource);
    return { type: event.type === 'DELETED' ? 'delete' : 'upsert', object };
  }

  #startAgain(resource: ResourceKind, position: Position): void {
    this.#options.observer.lost(resource);
    position.resourceVersion = undefined;
  }

  #trim(object: KubernetesObject, resource: ResourceKind): KubernetesObject {
    const bare = withoutBookkeeping(object);
    return this.#options.trim?.(bare, resource) ?? bare;
  }
}

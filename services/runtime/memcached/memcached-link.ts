import type { Answered } from 'memjs';
import { Client, Server } from 'memjs';
import { Backoff } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import type { CacheFailure, CacheObserver } from './cache.ts';
import { NO_ANSWER } from './cache.ts';
import type { ServerAddress } from './server-address.ts';

export interface MemcachedOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly observer?: CacheObserver | undefined;
  /** How long a server may be silent while something waits for it. */
  readonly timeoutMs?: number;
  /** Operations that may wait for one server; more are not sent. */
  readonly maxOutstanding?: number;
  /** How long nothing is sent after a failure, at first and at most. */
  readonly pauseMs?: number;
  readonly maxPauseMs?: number;
}

/** What one connection has: a client of its own, so that no state of a broken connection lives on in the next. */
interface Session {
  readonly server: Server;
  readonly client: Client;
  /** Ends of operations without an answer, oldest first. */
  readonly waiting: Set<(answer: typeof NO_ANSWER) => void>;
  readonly timer: NodeJS.Timeout;
  /** Whether the end of its socket is told. */
  isWatched: boolean;
}

const TIMEOUT_MS = 500;
const MAX_OUTSTANDING = 16_384;
const PAUSE_MS = 100;
const MAX_PAUSE_MS = 2000;

/** memjs counts its own time from each write on, in seconds; ours comes first. */
const MEMJS_TIMEOUT_SECONDS = 3600;

/**
 * The connection to one memcached. memjs alone would wait for ever for what was under way when a server closed the
 * connection, mix the halves of two connections' answers, lose operations issued right after a failure, and queue
 * without a bound while it connects. So each connection has a memjs client of its own, which is thrown away with all
 * that waits at the first failure; then there is a pause.
 */
export class MemcachedLink {
  readonly #address: ServerAddress;
  readonly #options: MemcachedOptions;
  readonly #backoff: Backoff;
  #session: Session | undefined;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #isDown = false;
  #closed = false;

  constructor(address: ServerAddress, options: MemcachedOptions) {
    this.#address = address;
    this.#options = options;
    this.#backoff = new Backoff(options.pauseMs ?? PAUSE_MS, options.maxPauseMs ?? MAX_PAUSE_MS);
  }

  /** Issues one operation. `settle` is called once: with the answer, or NO_ANSWER. */
  ask<Value>(
    issue: (client: Client, answered: Answered<Value>) => void,
    settle: (answer: Value | typeof NO_ANSWER) => void,
  ): void {
    const obstacle = this.#obstacle();
    if (obstacle !== undefined) {
      this.#options.observer?.failed(obstacle, 1);
      settle(NO_ANSWER);
      return;
    }
    const session = this.#session ?? this.#open();
    if (session.waiting.size === 0) session.timer.refresh();
    session.waiting.add(settle);
    issue(session.client, (error, value) => this.#answered(session, settle, error, value));
    if (!session.isWatched) this.#watch(session);
  }

  /** Sends what `issue` issues together. */
  together(issue: () => void): void {
    const socket = this.#session?.server._socket;
    socket?.cork();
    issue();
    socket?.uncork();
  }

  close(): void {
    this.#closed = true;
    if (this.#session !== undefined) this.#end(this.#session, CLOSED);
  }

  #answered<Value>(
    session: Session,
    settle: (answer: Value | typeof NO_ANSWER) => void,
    error: Error | null,
    value: Value,
  ): void {
    if (!session.waiting.delete(settle)) return;
    session.timer.refresh();
    if (error === null) {
      if (this.#isDown) this.#recovered();
      settle(value);
      return;
    }
    // memjs marks in this way what the server said; all other errors are the connection's.
    const isRefusal = error.message.startsWith('MemJS ');
    this.#options.observer?.failed(isRefusal ? 'refused' : 'connection', 1);
    if (!isRefusal) this.#fail(session, 'connection', error);
    settle(NO_ANSWER);
  }

  #obstacle(): CacheFailure | undefined {
    const { clock, maxOutstanding = MAX_OUTSTANDING } = this.#options;
    if (this.#closed) return 'connection';
    if (clock.now() < this.#pausedUntilMs) return 'paused';
    return (this.#session?.waiting.size ?? 0) < maxOutstanding ? undefined : 'overload';
  }

  #open(): Session {
    const { timeoutMs = TIMEOUT_MS } = this.#options;
    const options = {
      retries: 1,
      timeout: MEMJS_TIMEOUT_SECONDS,
      conntimeout: MEMJS_TIMEOUT_SECONDS,
      keepAlive: true,
      logger: SILENT,
    };
    const server = new Server(this.#address.host, this.#address.port, '', '', options);
    // Without them memjs looks for credentials in the environment.
    server.username = undefined;
    server.password = undefined;
    const timer = setTimeout(() => this.#late(session), timeoutMs);
    const client = new Client([server], options);
    const session: Session = { server, client, waiting: new Set(), timer, isWatched: false };
    this.#session = session;
    return session;
  }

  /** The end of a connection is told also when nothing waits: the next operation then gets a new one, and no error. */
  #watch(session: Session): void {
    session.isWatched = true;
    session.server._socket?.once('close', () => this.#fail(session, 'connection', CLOSED));
  }

  /** The timer fires early where this process was held up: what has arrived meanwhile is read first. */
  #late(session: Session): void {
    const oldest = first(session.waiting);
    if (oldest === undefined) return;
    setImmediate(() => {
      if (session.waiting.has(oldest)) this.#fail(session, 'timeout', LATE);
    });
  }

  #fail(session: Session, cause: CacheFailure, error: Error): void {
    if (session !== this.#session) return;
    const { clock, log, observer } = this.#options;
    const lost = session.waiting.size;
    const isIdle = lost === 0 && error === CLOSED;
    if (!isIdle) this.#pausedUntilMs = clock.now() + this.#backoff.next();
    if (!isIdle && !this.#isDown) {
      this.#isDown = true;
      log.warn(
        { error, 'server.address': this.#address.host, 'server.port': this.#address.port },
        'memcached failed',
      );
    }
    if (lost > 0) observer?.failed(cause, lost);
    this.#end(session, error);
  }

  #end(session: Session, error: Error): void {
    this.#session = undefined;
    clearTimeout(session.timer);
    const waiting = [...session.waiting];
    session.waiting.clear();
    session.server.error(error);
    for (const settle of waiting) settle(NO_ANSWER);
  }

  #recovered(): void {
    this.#isDown = false;
    this.#backoff.reset();
    const { host, port } = this.#address;
    this.#options.log.info({ 'server.address': host, 'server.port': port }, 'memcached answers again');
  }
}

const CLOSED = new Error('The connection was closed.');
const LATE = new Error('No answer in time.');
const SILENT = { log: (): void => undefined };

function first<Value>(values: Iterable<Value>): Value | undefined {
  for (const value of values) return value;
  return undefined;
}

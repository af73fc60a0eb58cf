/** One value, and for how long. */
export interface CacheEntry {
  readonly key: string;
  readonly value: string;
  /** From 1 to 2,592,000 (30 days): memcached takes more for a date. */
  readonly ttlSeconds: number;
}

const KEY = /^[\x21-\x7e]{1,250}$/;

/** Whether memcached takes it for a key; at one that is too long it ends the connection. */
export function isCacheKey(text: string): boolean {
  return KEY.test(text);
}

/** In place of an answer: the server is down, slow, or has too much to do already. */
export const NO_ANSWER = Symbol('no answer');

/** What is kept under a key; undefined where there is nothing. */
export type CacheRead = string | undefined | typeof NO_ANSWER;

/** Whether it was done; false where `add` found the key taken, or `touch` found none. */
export type CacheWrite = boolean | typeof NO_ANSWER;

/**
 * A cache of one or more servers: it may lose anything at any time. Calls never reject; answers are in the order of what
 * was asked.
 */
export interface Cache {
  /** How many servers there are, and which of them (from 0) keeps a key. */
  readonly serverCount: number;
  serverOf(key: string): number;
  getMany(keys: readonly string[]): Promise<readonly CacheRead[]>;
  setMany(entries: readonly CacheEntry[]): Promise<readonly CacheWrite[]>;
  /** Keeps what is there already. */
  addMany(entries: readonly CacheEntry[]): Promise<readonly CacheWrite[]>;
  /** Gives what is there a new time to live. */
  touchMany(entries: readonly Omit<CacheEntry, 'value'>[]): Promise<readonly CacheWrite[]>;
  close(): void;
}

/** Why an operation had no answer. */
export type CacheFailure =
  /** Refused, reset, or the connection ended. */
  | 'connection'
  /** No answer in time. */
  | 'timeout'
  /** Not sent: the server has just failed. */
  | 'paused'
  /** Not sent: too many operations wait for the server. */
  | 'overload'
  /** The server answered with an error. */
  | 'refused';

export const CACHE_FAILURES = ['connection', 'timeout', 'paused', 'overload', 'refused'] as const;

/** Told of operations without an answer, to count them. */
export interface CacheObserver {
  failed(cause: CacheFailure, operations: number): void;
}

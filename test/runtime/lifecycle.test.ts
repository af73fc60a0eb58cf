import { EventEmitter } from 'node:events';
import { beforeEach, describe, expect, test } from 'vitest';
import type { FlowtapError } from '../../services/runtime/errors.ts';
import type { SignalSource } from '../../services/runtime/lifecycle.ts';
import { Lifecycle } from '../../services/runtime/lifecycle.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

let source: EventEmitter & SignalSource;
let clock: ManualClock;
let forced: FlowtapError[];
let lifecycle: Lifecycle;

beforeEach(() => {
  source = new EventEmitter() as EventEmitter & SignalSource;
  clock = new ManualClock();
  forced = [];
  lifecycle = new Lifecycle({
    source,
    clock,
    signals: ['SIGINT', 'SIGTERM'],
    force: (error) => forced.push(error),
  });
});

describe('stopping', () => {
  test.each(['SIGINT', 'SIGTERM'])('%s aborts the signal and says why', (name) => {
    source.emit(name, name);
    expect(lifecycle.signal.aborted).toBe(true);
    expect(lifecycle.signal.reason).toBe(name);
  });

  test('the first reason counts', () => {
    lifecycle.stop('input ended');
    lifecycle.stop('other');
    expect(lifecycle.signal.reason).toBe('input ended');
  });

  // A terminal and npm both deliver one Ctrl-C.
  test.each([
    { afterMs: 0, forces: false },
    { afterMs: 499, forces: false },
    { afterMs: 500, forces: true },
    { afterMs: 60_000, forces: true },
  ])('a second signal after $afterMs ms forces: $forces', ({ afterMs, forces }) => {
    source.emit('SIGINT', 'SIGINT');
    clock.advance(afterMs);
    source.emit('SIGTERM', 'SIGTERM');
    expect(forced.map(({ code }) => code)).toEqual(forces ? ['FORCED_STOP'] : []);
  });
});

describe('closing', () => {
  test('goes in reverse order, one after the other', async () => {
    const order: string[] = [];
    lifecycle.onClose('first', () => order.push('first'));
    lifecycle.onClose('second', async () => {
      await Promise.resolve();
      order.push('second');
    });
    await lifecycle.close();
    expect(order).toEqual(['second', 'first']);
  });

  test('stops what runs, and happens once', async () => {
    let closed = 0;
    lifecycle.onClose('counter', () => closed++);
    await Promise.all([lifecycle.close(), lifecycle.close()]);
    expect(lifecycle.signal.reason).toBe('closed');
    expect(closed).toBe(1);
  });

  test('gives the signals back', async () => {
    expect(source.listenerCount('SIGINT')).toBe(1);
    await lifecycle.close();
    expect(source.listenerCount('SIGINT')).toBe(0);
    expect(source.listenerCount('SIGTERM')).toBe(0);
  });

  test('one failure does not keep the rest open', async () => {
    const closed: string[] = [];
    const failure = new Error('disk full');
    lifecycle.onClose('socket', () => closed.push('socket'));
    lifecycle.onClose('spool', () => Promise.reject(failure));
    lifecycle.onClose('timer', () => closed.push('timer'));
    await expect(lifecycle.close()).rejects.toMatchObject({
      code: 'CLOSE_FAILED',
      message: 'Could not close cleanly: spool.',
      cause: { errors: [failure] },
    });
    expect(closed).toEqual(['timer', 'socket']);
  });
});

import { readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ReceiverScript } from '../../fakes/scripted-receiver.ts';
import { ScriptedReceiver } from '../../fakes/scripted-receiver.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';
import { eventNumbers, startDelivery } from '../../fixtures/test-delivery.ts';
import { until } from '../../support/until.ts';

const countTo = (end: number): number[] => Array.from({ length: end }, (_, index) => index);
const ascending = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b);
const never = (_: unknown, signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('given up'))));

describe('deliveries', () => {
  it('begin and end with the counters, and are numbered', async () => {
    const receiver = new ScriptedReceiver();
    const delivery = await startDelivery({ receiver, maxInFlight: 1, batchEvents: 10 });
    delivery.write(25);
    await delivery.close();
    const seen = receiver.taken.map(({ header }) => [
      header.sequence,
      header.events,
      header.heartbeat,
      header.final,
    ]);
    expect(seen).toEqual([
      [1, 0, true, false],
      [2, 10, false, false],
      [3, 10, false, false],
      [4, 5, true, true],
    ]);
    expect(eventNumbers(receiver.taken)).toEqual(countTo(25));
    expect(receiver.isClosed).toBe(true);
    expect(delivery.counts).toMatchObject({ deliveredBatches: 4, deliveredEvents: 25, retriedBatches: 0 });
  });

  it('end with a header alone where there are no events', async () => {
    const receiver = new ScriptedReceiver();
    const delivery = await startDelivery({ receiver });
    await until(() => receiver.taken.length === 1);
    await delivery.close();
    expect(receiver.taken.map(({ header }) => [header.events, header.final])).toEqual([
      [0, false],
      [0, true],
    ]);
  });

  it('leave when an event has waited long enough', async () => {
    const receiver = new ScriptedReceiver();
    const delivery = await startDelivery({ receiver, batchDelayMs: 10 });
    delivery.write(1);
    await until(() => delivery.counts.deliveredEvents === 1);
  });

  it('without events tell the counters now and then', async () => {
    const receiver = new ScriptedReceiver();
    let asked = 0;
    await startDelivery({ receiver, heartbeatIntervalMs: 5, counters: () => ({ 'a.b': ++asked }) });
    await until(() => receiver.taken.length >= 4);
    expect(
      receiver.taken.slice(0, 4).map(({ header }) => [header.heartbeat, header.counters['a.b']]),
    ).toEqual([
      [true, 1],
      [true, 2],
      [true, 3],
      [true, 4],
    ]);
  });

  it('with events tell them as well, when it is time', async () => {
    const receiver = new ScriptedReceiver();
    const delivery = await startDelivery({ receiver, heartbeatIntervalMs: 20, batchDelayMs: 3_000_000 });
    delivery.write(3);
    await until(() => delivery.counts.deliveredEvents === 3);
    expect(receiver.taken.find(({ header }) => header.events > 0)?.header.heartbeat).toBe(true);
  });

  it.each([1, 2, 5])('under way at once are at most %i', async (maxInFlight) => {
    const receiver = new ScriptedReceiver();
    // Each waits for the others, until all have come.
    receiver.script = async ({ header }) => {
      if (header.events > 0)
        await until(() => receiver.inFlight === maxInFlight || receiver.attempts.length > 50);
      return { status: 200 };
    };
    const delivery = await startDelivery({ receiver, maxInFlight, batchEvents: 1 });
    delivery.write(50);
    await delivery.close();
    expect(receiver.mostInFlight).toBe(maxInFlight);
    expect(ascending(eventNumbers(receiver.taken))).toEqual(countTo(50));
    expect(receiver.taken.at(-1)?.header.final).toBe(true);
  });
});

describe('an answer', () => {
  /** What a receiver says to the first delivery with events; later on it takes everything. */
  const firstly = (...answers: readonly ReturnType<ReceiverScript>[]): ReceiverScript => {
    const rest = [...answers];
    return ({ header }) => (header.events === 0 ? { status: 200 } : (rest.shift() ?? { status: 200 }));
  };

  it.each([
    ['no answer', new Error('connect ECONNREFUSED'), { unansweredAttempts: 1 }],
    ['401', { status: 401 }, { unauthorisedAttempts: 1 }],
    ['403', { status: 403 }, { unauthorisedAttempts: 1 }],
    ['429', { status: 429, retryAfter: '0' }, { slowedAttempts: 1 }],
    ['503', { status: 503 }, { slowedAttempts: 1 }],
    ['500', { status: 500 }, { failedAttempts: 1 }],
    ['404', { status: 404 }, { failedAttempts: 1 }],
  ])('of %s keeps the delivery, which is the same when it comes again', async (_, answer, counted) => {
    const receiver = new ScriptedReceiver(firstly(answer));
    const delivery = await startDelivery({ receiver, maxInFlight: 1 });
    delivery.write(7);
    await until(() => delivery.counts.deliveredEvents === 7);
    const [first, second] = receiver.attempts.filter(({ header }) => header.events > 0);
    expect(second).toEqual(first);
    expect(delivery.counts).toMatchObject({ ...counted, retriedBatches: 1, refusedEvents: 0 });
    expect(delivery.logged.length).toBe(2);
    expect(delivery.logged.at(-1)).toBe('the receiver takes deliveries again');
  });

  it.each([400, 415, 422])('of %i drops the delivery and counts it', async (status) => {
    const receiver = new ScriptedReceiver(firstly({ status, text: 'bad' }));
    const delivery = await startDelivery({ receiver, maxInFlight: 1, batchEvents: 5 });
    delivery.write(10);
    await until(() => delivery.counts.deliveredEvents === 5);
    expect(delivery.counts).toMatchObject({ refusedBatches: 1, refusedEvents: 5, retriedBatches: 0 });
    expect(eventNumbers(receiver.taken)).toEqual([5, 6, 7, 8, 9]);
    expect(delivery.logged).toEqual(['the receiver refused a delivery, which is dropped']);
  });

  it('of 413 cuts the delivery until it is taken, and later ones are smaller', async () => {
    const receiver = new ScriptedReceiver(({ header }) => ({ status: header.events > 30 ? 413 : 200 }));
    const delivery = await startDelivery({
      receiver,
      maxInFlight: 1,
      batchEvents: 1000,
      batchDelayMs: 3_000_000,
    });
    delivery.write(1000);
    await until(() => delivery.counts.deliveredEvents === 1000);
    expect(ascending(eventNumbers(receiver.taken))).toEqual(countTo(1000));
    const { splitBatches } = delivery.counts;
    expect(splitBatches).toBe(63);
    expect(
      new Set(receiver.taken.filter(({ header }) => header.events > 0).map(({ header }) => header.sequence))
        .size,
    ).toBe(1);
    delivery.write(200);
    await delivery.close();
    const later = receiver.attempts
      .filter(({ header }) => header.sequence > 2)
      .map(({ header }) => header.events);
    expect(Math.max(...later)).toBeLessThanOrEqual(163);
  });

  it('of 413 to a single event drops it', async () => {
    const receiver = new ScriptedReceiver(firstly({ status: 413 }));
    const delivery = await startDelivery({ receiver });
    delivery.write(1);
    await until(() => delivery.counts.refusedEvents === 1);
    expect(delivery.counts.splitBatches).toBe(0);
  });

  it('that names rejected events and duplicates has them counted', async () => {
    const receiver = new ScriptedReceiver(firstly({ status: 200, text: '{"rejected":2,"duplicates":3}' }));
    const delivery = await startDelivery({ receiver });
    delivery.write(10);
    await until(() => delivery.counts.deliveredEvents === 10);
    expect(delivery.counts).toMatchObject({ rejectedEvents: 2, duplicateEvents: 3 });
  });
});

describe('a receiver that is dead', () => {
  it('costs one attempt at a time, and nothing is lost while there is room', async () => {
    const receiver = new ScriptedReceiver(() => new Error('connect ECONNREFUSED'));
    const delivery = await startDelivery({
      receiver,
      maxInFlight: 4,
      batchEvents: 1,
      retryDelayMs: 2,
      maxRetryDelayMs: 5,
    });
    await until(() => receiver.attempts.length > 5);
    receiver.mostInFlight = 0;
    delivery.write(20);
    await until(() => receiver.attempts.length > 20);
    expect(receiver.mostInFlight).toBe(1);
    expect(delivery.logged).toEqual(['the receiver cannot be reached; deliveries are kept and tried again']);
    receiver.script = () => ({ status: 200 });
    await delivery.close();
    expect(ascending(eventNumbers(receiver.taken))).toEqual(countTo(20));
  });

  it('makes the oldest batches go when the queue is full: exactly those that are counted', async () => {
    const receiver = new ScriptedReceiver(() => new Error('connect ECONNREFUSED'));
    const delivery = await startDelivery({
      receiver,
      batchEvents: 10,
      maxQueuedBytes: 3000,
      retryDelayMs: 3_000_000,
      maxRetryDelayMs: 3_000_000,
    });
    delivery.write(300);
    await until(
      () =>
        delivery.counts.queueDroppedBatches >= 10 &&
        delivery.output.waiting.events + delivery.counts.queueDroppedEvents === 300,
    );
    const { queueDroppedBatches, queueDroppedEvents, queueDroppedBytes } = delivery.counts;
    expect([queueDroppedEvents, queueDroppedBytes]).toEqual([
      queueDroppedBatches * 10,
      queueDroppedBatches * 1000,
    ]);
    expect(delivery.output.waiting.memoryBytes).toBeLessThanOrEqual(3000);
    receiver.script = () => ({ status: 200 });
    await delivery.close();
    expect(ascending(eventNumbers(receiver.taken))).toEqual(countTo(300).slice(queueDroppedEvents));
    // The count comes with the next delivery.
    expect(receiver.taken.at(-1)?.header.counters['queue.dropped_events']).toBe(queueDroppedEvents);
  });

  it('does not hold up the end for longer than the grace, and what is left is counted', async () => {
    const receiver = new ScriptedReceiver(never);
    const delivery = await startDelivery({ receiver, batchEvents: 10 });
    delivery.write(35);
    await delivery.close(30);
    expect(delivery.counts).toMatchObject({ deliveredEvents: 0, queueDroppedEvents: 35 });
    expect(receiver.inFlight).toBe(0);
  });

  it('that asks for an hour is still tried at the end', async () => {
    const receiver = new ScriptedReceiver(() => ({ status: 429, retryAfter: '3600' }));
    const delivery = await startDelivery({ receiver, maxRetryAfterMs: 3_600_000 });
    delivery.write(5);
    await until(() => delivery.counts.slowedAttempts > 0);
    receiver.script = () => ({ status: 200 });
    await delivery.close();
    expect(delivery.counts.deliveredEvents).toBe(5);
  });
});

describe('with a spool', () => {
  it('what could not be delivered comes with the next run', async () => {
    using folder = disposable();
    const dead = new ScriptedReceiver(never);
    const first = await startDelivery({ receiver: dead, spool: folder.path, batchEvents: 10 });
    first.write(35);
    await first.close(20);
    expect(first.counts.queueDroppedEvents).toBe(0);
    expect(readdirSync(folder.path).length).toBe(4);
    const receiver = new ScriptedReceiver();
    const second = await startDelivery({
      receiver,
      spool: folder.path,
      run: 'bbbbbbbb',
      firstEvent: 100,
      maxInFlight: 1,
    });
    second.write(5);
    await second.close();
    expect(eventNumbers(receiver.taken)).toEqual([...countTo(35), 100, 101, 102, 103, 104]);
    expect(second.counts).toMatchObject({ recoveredEvents: 35, deliveredEvents: 40, spoolCorruptBatches: 0 });
    expect(readdirSync(folder.path)).toEqual([]);
  });

  it('damaged files are dropped and counted', async () => {
    using folder = disposable();
    const first = await startDelivery({
      receiver: new ScriptedReceiver(never),
      spool: folder.path,
      batchEvents: 10,
    });
    first.write(20);
    await first.close(20);
    const { truncateSync } = await import('node:fs');
    const [oldest] = readdirSync(folder.path).sort();
    truncateSync(`${folder.path}/${oldest}`, 50);
    const receiver = new ScriptedReceiver();
    const second = await startDelivery({ receiver, spool: folder.path, run: 'bbbbbbbb' });
    await second.close();
    expect(second.counts).toMatchObject({
      spoolCorruptBatches: 1,
      spoolCorruptEvents: 10,
      deliveredEvents: 10,
    });
    expect(readdirSync(folder.path)).toEqual([]);
  });
});

it('every event is delivered once or counted, whatever the receiver does', async () => {
  const answer = fc.constantFrom<Partial<{ status: number; retryAfter: string }> | Error>(
    { status: 200 },
    { status: 200 },
    { status: 200 },
    { status: 400 },
    { status: 401 },
    { status: 413 },
    { status: 429, retryAfter: '0' },
    { status: 500 },
    new Error('socket hang up'),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 8 }),
      fc.array(answer, { maxLength: 40 }),
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 600, max: 20_000 }),
      fc.boolean(),
      async (writes, answers, batchEvents, maxBytes, withSpool) => {
        using folder = disposable();
        const rest = [...answers];
        const receiver = new ScriptedReceiver(() => rest.shift() ?? { status: 200 });
        const delivery = await startDelivery({
          ...{ receiver, batchEvents, retryDelayMs: 1, maxRetryDelayMs: 1 },
          ...(withSpool ? { spool: folder.path, maxSpoolBytes: maxBytes } : { maxQueuedBytes: maxBytes }),
        });
        for (const count of writes) {
          delivery.write(count);
          await delivery.output.drain(AbortSignal.timeout(10));
        }
        await delivery.close();
        const { counts, output } = delivery;
        const delivered = eventNumbers(receiver.taken);
        expect(new Set(delivered).size).toBe(delivered.length);
        expect(counts.deliveredEvents).toBe(delivered.length);
        const dropped = counts.queueDroppedEvents + counts.spoolDroppedEvents + counts.refusedEvents;
        expect(delivered.length + dropped + output.received.overrunEvents).toBe(delivery.written);
        expect(output.waiting).toEqual({ batches: 0, events: 0, memoryBytes: 0, spoolBytes: 0 });
        if (withSpool) expect(readdirSync(folder.path)).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});

function disposable(): TemporaryFolder & Disposable {
  const folder = new TemporaryFolder();
  return Object.assign(folder, { [Symbol.dispose]: () => folder.remove() });
}

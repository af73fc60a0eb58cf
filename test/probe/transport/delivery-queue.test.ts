import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Delivery } from '../../../services/probe/transport/delivery.ts';
import { createDeliveryCounts } from '../../../services/probe/transport/delivery-counts.ts';
import { DeliveryQueue } from '../../../services/probe/transport/delivery-queue.ts';
import { Spool } from '../../../services/probe/transport/spool.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';
import { until } from '../../support/until.ts';

const BODY_BYTES = 100;

let folder: TemporaryFolder;
beforeEach(() => {
  folder = new TemporaryFolder();
});
afterEach(() => folder.remove());

/** Of ten events. */
function delivery(sequence: number, changes: Partial<Delivery> = {}): Delivery {
  const body = new Uint8Array(BODY_BYTES);
  return {
    sequence,
    createdMs: 1000 + sequence,
    events: 10,
    eventBytes: 1000,
    isFinal: false,
    body,
    ...changes,
  };
}

function createQueue(options: {
  readonly maxMemory?: number;
  readonly maxSpool?: number;
  readonly directory?: string;
}) {
  const counts = createDeliveryCounts();
  const failures: unknown[] = [];
  const queue = new DeliveryQueue({
    maxMemoryBytes: options.maxMemory ?? 1e6,
    maxSpoolBytes: options.maxSpool ?? 1e6,
    spool: options.directory === undefined ? undefined : new Spool(options.directory, 'aaaaaaaa'),
    counts,
    onSpoolFailure: (error) => failures.push(error),
    onDropped: () => undefined,
  });
  return { queue, counts, failures };
}

/** Takes all that waits, and gives their numbers. */
function takeAll(queue: DeliveryQueue): number[] {
  const numbers: number[] = [];
  for (let taken = queue.take(); taken !== undefined; taken = queue.take())
    numbers.push(taken.facts.sequence);
  return numbers;
}

describe('in memory', () => {
  it('the oldest goes first, and one that could not be sent is again the oldest', () => {
    const { queue } = createQueue({});
    for (const sequence of [1, 2, 3]) queue.add(delivery(sequence));
    const first = queue.take()!;
    const second = queue.take()!;
    queue.putBack(first);
    expect(queue.take()).toBe(first);
    queue.done(second);
    expect(takeAll(queue)).toEqual([3]);
    expect([queue.length, queue.events, queue.memoryBytes, queue.hasWaiting]).toEqual([2, 20, 200, false]);
  });

  it('where there is no room the oldest is dropped and counted, but not one that is being sent', async () => {
    const { queue, counts } = createQueue({ maxMemory: 3 * BODY_BYTES });
    queue.add(delivery(1));
    const sending = queue.take()!;
    for (const sequence of [2, 3, 4, 5]) queue.add(delivery(sequence));
    expect(counts).toMatchObject({ queueDroppedBatches: 2, queueDroppedEvents: 20, queueDroppedBytes: 2000 });
    expect(queue.memoryBytes).toBe(3 * BODY_BYTES);
    expect((await queue.bodyOf(sending))?.length).toBe(BODY_BYTES);
    queue.putBack(sending);
    expect(takeAll(queue)).toEqual([1, 4, 5]);
  });

  it('one that is too large for the queue is dropped, too', () => {
    const { queue, counts } = createQueue({ maxMemory: BODY_BYTES - 1 });
    queue.add(delivery(1));
    expect([queue.length, counts.queueDroppedEvents]).toEqual([0, 10]);
  });

  it('the final one waits for all others', () => {
    const { queue } = createQueue({});
    queue.add(delivery(1));
    queue.add(delivery(2, { isFinal: true }));
    const first = queue.take()!;
    expect([queue.take(), queue.hasWaiting]).toEqual([undefined, true]);
    queue.done(first);
    expect(takeAll(queue)).toEqual([2]);
  });

  it('of headers without events only the newest waits', () => {
    const { queue, counts } = createQueue({});
    const header = { events: 0, eventBytes: 0 };
    queue.add(delivery(1, header));
    queue.add(delivery(2));
    queue.add(delivery(3, header));
    const sending = queue.take()!;
    queue.add(delivery(4, header));
    expect(sending.facts.sequence).toBe(2);
    expect(takeAll(queue)).toEqual([4]);
    expect(counts.queueDroppedBatches).toBe(0);
  });

  it('parts stand where their whole was', () => {
    const { queue } = createQueue({});
    for (const sequence of [1, 2]) queue.add(delivery(sequence));
    const whole = queue.take()!;
    queue.replace(whole, [delivery(11), delivery(12)]);
    expect(takeAll(queue)).toEqual([11, 12, 2]);
    expect(queue.memoryBytes).toBe(300);
  });

  it('what is left at the end is dropped and counted', async () => {
    const { queue, counts } = createQueue({});
    for (const sequence of [1, 2]) queue.add(delivery(sequence));
    await queue.close();
    expect(counts).toMatchObject({ queueDroppedBatches: 2, queueDroppedEvents: 20 });
    expect([queue.length, queue.memoryBytes]).toEqual([0, 0]);
  });

  it('a change is told', async () => {
    const { queue } = createQueue({});
    let changes = 0;
    const listen = (): void => void queue.changed.then(() => changes++);
    listen();
    queue.add(delivery(1));
    await until(() => changes === 1);
    const taken = queue.take()!;
    listen();
    queue.done(taken);
    await until(() => changes === 2);
  });
});

describe('with a spool', () => {
  it('bodies go to files, and files with their deliveries', async () => {
    const directory = folder.newPath();
    const { queue, counts } = createQueue({ directory });
    await queue.recover();
    for (const sequence of [1, 2]) queue.add(delivery(sequence));
    await until(() => queue.memoryBytes === 0);
    expect(readdirSync(directory).length).toBe(2);
    expect(queue.spoolBytes).toBe(200);
    const first = queue.take()!;
    expect(await queue.bodyOf(first)).toEqual(Buffer.alloc(BODY_BYTES));
    queue.done(first);
    await queue.close();
    expect(readdirSync(directory).length).toBe(1);
    expect([queue.length, queue.spoolBytes, counts.queueDroppedBatches]).toEqual([1, 100, 0]);
  });

  it('a later run has them first, oldest first', async () => {
    const directory = folder.newPath();
    const earlier = createQueue({ directory });
    await earlier.queue.recover();
    for (const sequence of [1, 2]) earlier.queue.add(delivery(sequence));
    await earlier.queue.close();
    const { queue, counts } = createQueue({ directory });
    await queue.recover();
    queue.add(delivery(9));
    expect(takeAll(queue)).toEqual([1, 2, 9]);
    expect(counts).toMatchObject({ recoveredBatches: 2, recoveredEvents: 20 });
  });

  it('where it is full the oldest is dropped and counted', async () => {
    const directory = folder.newPath();
    const { queue, counts } = createQueue({ directory, maxSpool: 2 * BODY_BYTES });
    await queue.recover();
    for (const sequence of [1, 2, 3, 4, 5]) queue.add(delivery(sequence));
    await until(() => queue.memoryBytes === 0);
    expect(counts).toMatchObject({ spoolDroppedBatches: 3, spoolDroppedEvents: 30, spoolDroppedBytes: 3000 });
    expect(takeAll(queue)).toEqual([4, 5]);
    await queue.close();
    expect(readdirSync(directory).length).toBe(2);
  });

  it('a spool that became too large is cut at the start', async () => {
    const directory = folder.newPath();
    const earlier = createQueue({ directory });
    await earlier.queue.recover();
    for (const sequence of [1, 2, 3]) earlier.queue.add(delivery(sequence));
    await earlier.queue.close();
    const { queue, counts } = createQueue({ directory, maxSpool: BODY_BYTES });
    await queue.recover();
    expect(takeAll(queue)).toEqual([3]);
    expect(counts.spoolDroppedEvents).toBe(20);
  });

  it('that cannot be used memory keeps them, as much as it may', async () => {
    const directory = folder.fileOf(Buffer.from('a file, and no folder'));
    const { queue, counts, failures } = createQueue({ directory, maxMemory: 2 * BODY_BYTES });
    await queue.recover();
    for (const sequence of [1, 2, 3]) queue.add(delivery(sequence));
    await until(() => counts.spoolFailedWrites === 2);
    expect(failures.length).toBe(3);
    expect(counts.queueDroppedEvents).toBe(10);
    expect(takeAll(queue)).toEqual([2, 3]);
  });

  it('headers without events are no files, but the final one is', async () => {
    const directory = folder.newPath();
    const { queue } = createQueue({ directory });
    await queue.recover();
    const header = { events: 0, eventBytes: 0 };
    queue.add(delivery(1, header));
    queue.add(delivery(2, { ...header, isFinal: true }));
    await queue.close();
    expect(readdirSync(directory).map((name) => name.endsWith('-final.ndjson.gz'))).toEqual([true]);
  });
});

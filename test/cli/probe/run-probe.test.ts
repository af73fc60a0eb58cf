import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ethernet } from '../../fixtures/frames.ts';
import { query } from '../../fixtures/test-meter.ts';
import { ManualRun } from './manual-run.ts';

const WINDOW_MS = 10_000;
/** What run-probe.ts allows the clock and the capture to differ. */
const SLACK_MS = 100;
/** When the first window of a source without delay is closed. */
const CLOSED_MS = WINDOW_MS + SLACK_MS;
const PORTS = [1001, 1002, 1003, 1004, 1005];

const frameFrom = (port: number): Buffer => ethernet(query(port));

/** A run in whose first window each of PORTS has sent a packet, which exports one flow at a time. */
async function runOfSlices(handOn?: (run: ManualRun) => Promise<void>): Promise<ManualRun> {
  const run = await ManualRun.start({ windowMs: WINDOW_MS, sweepRows: 1, ...(handOn && { handOn }) });
  for (const port of PORTS) run.source.deliver(frameFrom(port));
  return run;
}

const inFirstWindow = PORTS.map((port) => `udp ${port} 1+0 in 0-10`);
const atEndOf = (window: string): string[] => PORTS.map((port) => `udp ${port} 0+0 in ${window} shutdown`);

describe('a window', () => {
  it.each([0, 40, 250])('is closed by the clock when a source %i ms late has told of it', async (delayMs) => {
    const run = await ManualRun.start({ delayMs, windowMs: WINDOW_MS });
    run.source.deliver(frameFrom(1001));
    for (const ms of [1, WINDOW_MS, WINDOW_MS + delayMs + SLACK_MS - 1]) {
      run.turnAt(ms);
      expect(run.texts).toEqual([]);
    }
    run.turnAt(WINDOW_MS + delayMs + SLACK_MS);
    expect(run.texts).toEqual(['udp 1001 1+0 in 0-10']);
    await run.end();
  });

  it('is closed once, and the next one at its own end', async () => {
    const run = await ManualRun.start({ windowMs: WINDOW_MS });
    run.source.deliver(frameFrom(1001));
    for (let ms = 0; ms < 2 * WINDOW_MS; ms += 250) run.turnAt(ms);
    expect(run.texts).toEqual(['udp 1001 1+0 in 0-10']);
    run.source.deliver(frameFrom(1001));
    run.turnAt(2 * WINDOW_MS + SLACK_MS);
    expect(run.texts.slice(1)).toEqual(['udp 1001 1+0 in 10-20']);
    await run.end();
  });

  it('that is silent has no record', async () => {
    const run = await ManualRun.start({ windowMs: WINDOW_MS });
    for (let ms = 0; ms <= 50_000; ms += 250) run.turnAt(ms);
    await run.end();
    expect(run.texts).toEqual([]);
  });
});

describe('a window of many flows', () => {
  it('is exported in slices, between which others have their turn', async () => {
    const run = await runOfSlices();
    let recordsSeen: number[] = [];
    run.turnAt(CLOSED_MS);
    while (run.meter.isSweeping) {
      recordsSeen.push(run.texts.length);
      await nextTurn();
    }
    recordsSeen = recordsSeen.filter((records, index) => records !== recordsSeen[index - 1]);
    expect(recordsSeen).toEqual([1, 2, 3, 4]);
    expect(run.texts).toEqual(inFirstWindow);
    await run.end();
    expect(run.texts).toEqual([...inFirstWindow, ...atEndOf('10-20')]);
  });

  it('is handed on after each slice', async () => {
    const run = await runOfSlices();
    run.turnAt(CLOSED_MS);
    while (run.meter.isSweeping) await nextTurn();
    expect(run.handedOn).toEqual([1, 2, 3, 4, 5]);
    await run.end();
  });

  it('does not hold up the packets that come meanwhile', async () => {
    const run = await runOfSlices();
    run.turnAt(CLOSED_MS);
    while (run.meter.isSweeping) {
      run.source.deliver(frameFrom(2000));
      run.source.turn();
      await nextTurn();
    }
    const { frames, latePackets } = run.meter.statistics();
    expect(latePackets).toBe(0);
    await run.end();
    expect(run.texts.filter((text) => text.startsWith('udp 2000'))).toEqual([
      `udp 2000 ${frames - PORTS.length}+0 in 10-20 shutdown`,
    ]);
    expect(frames).toBeGreaterThan(PORTS.length + 1);
  });
});

/** A reader that takes records only when a test says so. */
class SlowReader {
  waiting = 0;
  mostWaiting = 0;
  #room = Promise.withResolvers<void>();

  readonly handOn = async (): Promise<void> => {
    this.waiting++;
    this.mostWaiting = Math.max(this.mostWaiting, this.waiting);
    await this.#room.promise;
    this.waiting--;
  };

  /** Takes what there is. */
  async take(): Promise<void> {
    const { resolve } = this.#room;
    this.#room = Promise.withResolvers();
    resolve();
    await nextTurn();
    await nextTurn();
  }

  /** From now on it is fast. */
  takeAll(): void {
    const { resolve } = this.#room;
    this.#room.promise = Promise.resolve();
    resolve();
  }
}

describe('a reader that has no room', () => {
  it('holds up the export, one slice at a time, but not the packets', async () => {
    const reader = new SlowReader();
    const run = await runOfSlices(reader.handOn);
    run.turnAt(CLOSED_MS);
    for (let records = 1; records <= PORTS.length; records++) {
      for (let turn = 0; turn < 3; turn++) {
        run.source.deliver(frameFrom(2000));
        run.source.turn();
        await nextTurn();
      }
      expect([run.texts.length, reader.mostWaiting]).toEqual([records, 1]);
      await reader.take();
    }
    expect(run.meter.statistics().frames).toBe(PORTS.length + 3 * PORTS.length);
    reader.takeAll();
    await run.end();
    expect(run.texts).toEqual([...inFirstWindow, ...atEndOf('10-20'), 'udp 2000 15+0 in 10-20 shutdown']);
  });

  it('over the end of a further window loses no record', async () => {
    const reader = new SlowReader();
    const run = await runOfSlices(reader.handOn);
    run.turnAt(CLOSED_MS);
    for (const port of PORTS) run.source.deliver(frameFrom(port));
    run.turnAt(WINDOW_MS + CLOSED_MS);
    run.turnAt(2 * WINDOW_MS + CLOSED_MS);
    reader.takeAll();
    await run.end();
    const inSecondWindow = PORTS.map((port) => `udp ${port} 1+0 in 10-20`);
    expect(run.texts.toSorted()).toEqual(
      [...inFirstWindow, ...inSecondWindow, ...atEndOf('30-40')].toSorted(),
    );
  });

  it('when the end comes while a window closes is handed one slice at a time', async () => {
    const reader = new SlowReader();
    const run = await runOfSlices(reader.handOn);
    run.turnAt(CLOSED_MS);
    run.abort();
    for (let turn = 0; turn < 5; turn++) await nextTurn();
    expect([run.texts.length, reader.mostWaiting]).toEqual([1, 1]);
    reader.takeAll();
    await run.ended;
    expect(reader.mostWaiting).toBe(1);
    expect(run.texts).toEqual([...inFirstWindow, ...atEndOf('10-20')]);
  });

  it('is waited for at the end', async () => {
    const reader = new SlowReader();
    const run = await runOfSlices(reader.handOn);
    let hasEnded = false;
    const ended = run.end().then(() => {
      hasEnded = true;
    });
    for (let records = 0; records < PORTS.length; records++) {
      await nextTurn();
      expect(hasEnded).toBe(false);
      await reader.take();
    }
    reader.takeAll();
    await ended;
    expect(run.handedOn.at(-1)).toBe(PORTS.length);
  });
});

describe('the end', () => {
  it('gives what every flow has not told, with the packets that the source still held', async () => {
    const run = await ManualRun.start({ windowMs: WINDOW_MS });
    run.source.deliver(frameFrom(1001));
    run.source.heldFrames = [frameFrom(1001), frameFrom(1002)];
    await run.end();
    expect(run.texts).toEqual(['udp 1001 2+0 in 0-10 shutdown', 'udp 1002 1+0 in 0-10 shutdown']);
    expect(run.handedOn.at(-1)).toBe(2);
  });

  it('comes in slices too, each handed on', async () => {
    const run = await runOfSlices();
    await run.end();
    expect(run.texts).toEqual(PORTS.map((port) => `udp ${port} 1+0 in 0-10 shutdown`));
    expect(run.handedOn.slice(-PORTS.length)).toEqual([1, 2, 3, 4, 5]);
  });

  it('in the middle of a window that closes tells the rest of it first', async () => {
    const run = await runOfSlices();
    run.turnAt(CLOSED_MS);
    await nextTurn();
    expect(run.texts.length).toBeLessThan(PORTS.length);
    await run.end();
    expect(run.texts).toEqual([...inFirstWindow, ...atEndOf('10-20')]);
  });

  it('before the first packet has no record', async () => {
    const run = await ManualRun.start({ windowMs: WINDOW_MS, signal: AbortSignal.abort() });
    await run.ended;
    expect(run.texts).toEqual([]);
  });

  it('of a source that cannot go on is an error, after the last records', async () => {
    const run = await runOfSlices();
    run.turnAt(CLOSED_MS);
    const error = new Error('The interface is gone.');
    run.source.fail(error);
    await expect(run.ended).rejects.toBe(error);
    expect(run.texts).toEqual([...inFirstWindow, ...atEndOf('10-20')]);
    expect(run.handedOn.at(-1)).toBe(2 * PORTS.length);
  });
});

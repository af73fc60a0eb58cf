import { expect, test } from 'vitest';
import type { CaptureHealth } from '../../../services/probe/capture/packet-source.ts';
import { RestartingSource } from '../../../services/probe/capture/restarting-source.ts';
import { FlowtapError } from '../../../services/runtime/errors.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { ManualSource } from '../../fakes/manual-source.ts';
import { TestMeter } from '../../fixtures/test-meter.ts';

const refused = (message: string) => new FlowtapError('NET_RAW_MISSING', 'capture', message);

interface Run {
  readonly source: RestartingSource;
  readonly ended: Promise<void>;
  /** What was told of its health: a failure's message, or that it captures. */
  readonly told: readonly string[];
  readonly turns: () => number;
  end(): Promise<void>;
}

/** Runs a source whose attempts to open give these, one after the other. */
async function run(attempts: readonly (ManualSource | Error)[]): Promise<Run> {
  const clock = new ManualClock();
  const left = [...attempts];
  const open = async (): Promise<ManualSource> => {
    const next = left.shift() ?? new ManualSource(0);
    if (next instanceof Error) throw next;
    return next;
  };
  const source = await RestartingSource.start({ open, clock, canIgnoreEndpoints: false });
  const ending = new AbortController();
  const told: string[] = [];
  let turns = 0;
  const ended = source.run({
    sink: new TestMeter({ windowMs: 1000 }).meter,
    signal: ending.signal,
    now: () => clock.now(),
    onTurn: () => {
      turns++;
    },
    onHealth: ({ failure }: CaptureHealth) => told.push(failure?.message ?? 'captures'),
  });
  return {
    ...{ source, ended, told },
    turns: () => turns,
    end: async () => {
      ending.abort();
      await ended;
    },
  };
}

test('a capture that cannot start is tried again, and turns go on meanwhile', async () => {
  const capture = new ManualSource(0);
  const { source, told, turns, end } = await run([refused('no'), refused('still no'), capture]);
  await capture.started;
  expect(told).toEqual(['no', 'still no', 'captures']);
  expect(turns()).toBeGreaterThan(1);
  expect(source.health).toEqual({ failures: 2, failure: undefined });
  await end();
});

test('one that breaks is opened anew', async () => {
  const [first, second] = [new ManualSource(5), new ManualSource(7)];
  const { source, told, end } = await run([first, second]);
  await first.started;
  expect(source.deliveryDelayMs).toBe(5);
  first.fail(refused('broke'));
  await second.started;
  expect(told).toEqual(['captures', 'broke', 'captures']);
  expect(source.deliveryDelayMs).toBe(7);
  expect(source.health.failures).toBe(1);
  await end();
});

test('a mistake in the program ends it', async () => {
  const capture = new ManualSource(0);
  const { ended } = await run([capture]);
  await capture.started;
  capture.fail(new TypeError('mistake'));
  await expect(ended).rejects.toThrow('mistake');
});

test('it ends while it waits', async () => {
  const { source, end } = await run(Array.from({ length: 1000 }, () => refused('never')));
  await end();
  expect(source.statistics).toMatchObject({ frames: 0, kernelDrops: undefined, interfaces: [] });
});

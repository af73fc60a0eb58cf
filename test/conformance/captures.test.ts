import { beforeAll, describe, expect, it } from 'vitest';
import { DEVIATIONS, NOT_UNWRAPPED } from './deviations.ts';
import type { Header } from './expected-flows.ts';
import { captureNames, expectedCapture, NO_CORPUS } from './expected-flows.ts';
import { flowLines } from './flow-sum.ts';
import type { Replay } from './replayed-flows.ts';
import { replayEach } from './replayed-flows.ts';

const names = captureNames();
const REPLAY_TIMEOUT_MS = 120_000;

const replays: readonly { readonly header: Header; readonly options: readonly string[] }[] = [
  { header: 'outer', options: [] },
  { header: 'inner', options: ['--decapsulate', 'vxlan,geneve,gre,ipip'] },
];

it('has the captures that its tables name', (ctx) => {
  if (names.length === 0) ctx.skip(NO_CORPUS);
  expect(names).toEqual(expect.arrayContaining([...Object.keys(DEVIATIONS), ...Object.keys(NOT_UNWRAPPED)]));
});

describe.each(names.length === 0 ? [] : replays)('flows by the $header IP header', ({ header, options }) => {
  const captures = names.map((name) => ({ name, ...expectedCapture(name, header) }));

  describe('of whole files', () => {
    const whole = captures.filter((capture) => capture.readable);
    let replay: Replay;

    beforeAll(async () => {
      replay = await replayEach(
        whole.map(({ name }) => name),
        options,
      );
    }, REPLAY_TIMEOUT_MS);

    it('come without an error', () => {
      expect({ exitCode: replay.exitCode, stderr: replay.stderr }).toMatchObject({ exitCode: 0 });
    });

    it('come from no other file', () => {
      expect(names).toEqual(expect.arrayContaining([...replay.flows.keys()]));
    });

    it.each(whole)('$name', ({ name, flows, ignoresTimes }) => {
      const replayed = replay.flows.get(name)?.values() ?? [];
      expect(flowLines(replayed, ignoresTimes)).toEqual(flowLines(flows, ignoresTimes));
    });
  });

  describe('of damaged files, up to the damage', () => {
    const damaged = captures.filter((capture) => !capture.readable);

    it.each(damaged)(
      '$name',
      async ({ name, flows, ignoresTimes }) => {
        const replay = await replayEach([name], options);
        const replayed = replay.flows.get(name)?.values() ?? [];
        expect(flowLines(replayed, ignoresTimes)).toEqual(flowLines(flows, ignoresTimes));
        expect(replay.exitCode).toBeGreaterThan(0);
        expect(replay.stderr).toContain(name);
      },
      REPLAY_TIMEOUT_MS,
    );
  });
});

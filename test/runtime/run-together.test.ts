import { expect, it } from 'vitest';
import { runTogether } from '../../services/runtime/run-together.ts';

const untilAborted =
  (ended: string[], name: string) =>
  (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        ended.push(name);
        resolve();
      };
      if (signal.aborted) end();
      else signal.addEventListener('abort', end);
    });

it('ends when the signal is aborted and all have ended', async () => {
  const ending = new AbortController();
  const ended: string[] = [];
  const running = runTogether(ending.signal, [untilAborted(ended, 'a'), untilAborted(ended, 'b')]);
  ending.abort();
  await running;
  expect(ended).toEqual(['a', 'b']);
});

it('goes on when one has nothing to do', async () => {
  const ending = new AbortController();
  const ended: string[] = [];
  const running = runTogether(ending.signal, [async () => undefined, untilAborted(ended, 'b')]);
  await new Promise(setImmediate);
  expect(ended).toEqual([]);
  ending.abort();
  await running;
  expect(ended).toEqual(['b']);
});

it('ends all when one fails, and throws its error', async () => {
  const ended: string[] = [];
  const failing = (): Promise<void> => Promise.reject(new Error('broken'));
  const running = runTogether(new AbortController().signal, [untilAborted(ended, 'a'), failing]);
  await expect(running).rejects.toThrow('broken');
  expect(ended).toEqual(['a']);
});

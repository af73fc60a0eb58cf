import { expect, test } from 'vitest';
import { MutedLog } from '../../../services/probe/transport/muted-log.ts';
import { createLogger } from '../../../services/runtime/logger.ts';
import { Terminal } from '../../../services/runtime/terminal.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

test('each kind is told once a minute, with how often it was not told', () => {
  const clock = new ManualClock(1_000_000);
  const lines: string[] = [];
  const terminal = new Terminal({ write: (text) => lines.push(text) }, {});
  const log = new MutedLog(createLogger({ service: 'test', level: 'info', clock, terminal }), clock);
  const told = (): unknown[] =>
    lines.splice(0).map((line) => {
      const { message, n, 'log.left_out': leftOut } = JSON.parse(line);
      return leftOut === undefined ? [message, n] : [message, n, leftOut];
    });
  for (const n of [1, 2, 3]) log.warn({ n }, 'a');
  log.warn({ n: 4 }, 'b');
  expect(told()).toEqual([
    ['a', 1],
    ['b', 4],
  ]);
  clock.advance(59_999);
  log.warn({ n: 5 }, 'a');
  expect(told()).toEqual([]);
  clock.advance(1);
  for (const n of [6, 7]) log.warn({ n }, 'a');
  expect(told()).toEqual([['a', 6, 3]]);
  log.settle('a');
  log.warn({ n: 8 }, 'a');
  log.info({ n: 9 }, 'a');
  expect(told()).toEqual([
    ['a', 8],
    ['a', 9],
  ]);
});

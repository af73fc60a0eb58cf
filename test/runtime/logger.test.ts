import { describe, expect, test } from 'vitest';
import { FlowtapError } from '../../services/runtime/errors.ts';
import type { LogLevel } from '../../services/runtime/log-level.ts';
import { createLogger } from '../../services/runtime/logger.ts';
import { Terminal } from '../../services/runtime/terminal.ts';
import { ManualClock } from '../fakes/manual-clock.ts';

const NOON = Date.UTC(2026, 0, 2, 12, 0, 1, 5);

function logTo(isTTY: boolean, level: LogLevel = 'info') {
  const written: string[] = [];
  const stream = { isTTY, write: (text: string) => written.push(text) };
  const terminal = new Terminal(stream, { NO_COLOR: '1' });
  return { written, log: createLogger({ service: 'probe', level, clock: new ManualClock(NOON), terminal }) };
}

describe('JSON', () => {
  test('has the ECS names of fields, one object a line', () => {
    const { log, written } = logTo(false);
    log.info({ packets: 3 }, 'capture ended');
    expect(written).toEqual([
      '{"log.level":"info","@timestamp":"2026-01-02T12:00:01.005Z","service.name":"probe","packets":3,"message":"capture ended"}\n',
    ]);
  });

  test('says nothing below its level', () => {
    const { log, written } = logTo(false, 'warn');
    log.info('quiet');
    expect(written).toEqual([]);
  });

  test('carries code and stage of our errors, and their causes', () => {
    const { log, written } = logTo(false);
    const cause = Object.assign(new Error('open failed'), { code: 'EACCES', stack: 'stack of the cause' });
    log.error({ error: new FlowtapError('CONFIG_INVALID', 'config', 'No.', { cause }) }, 'stopped');
    expect(JSON.parse(written[0]).error).toEqual({
      type: 'FlowtapError',
      code: 'CONFIG_INVALID',
      stage: 'config',
      message: 'No.',
      cause: { type: 'Error', code: 'EACCES', message: 'open failed', stack_trace: 'stack of the cause' },
    });
  });

  test('ends a circle of causes', () => {
    const { log, written } = logTo(false);
    const error = new Error('round');
    error.cause = error;
    log.error({ error }, 'stopped');
    expect(written[0].match(/"cause"/g)).toHaveLength(5);
  });

  test.each(['password', 'token', 'authorization', 'apiKey', 'secret', 'cookie'])(
    'never shows a %s',
    (name) => {
      const { log, written } = logTo(false);
      log.info({ [name]: 'hidden-1', headers: { [name]: 'hidden-2' } }, 'request');
      expect(written[0]).not.toContain('hidden');
      expect(JSON.parse(written[0])).toMatchObject({
        [name]: '[redacted]',
        headers: { [name]: '[redacted]' },
      });
    },
  );
});

describe('for people', () => {
  test('is one short line', () => {
    const { log, written } = logTo(true);
    log.warn({ drops: 4, interface: 'eth0', sides: [1, 2] }, 'packets were dropped');
    expect(written).toEqual(['12:00:01 warn  packets were dropped  drops=4  interface=eth0  sides=[1,2]\n']);
  });

  test('shows errors with their codes and causes, and no control characters', () => {
    const { log, written } = logTo(true);
    const cause = Object.assign(new Error('open \u001b[2J'), { code: 'ENOENT' });
    log.error({ error: new FlowtapError('CONFIG_INVALID', 'config', 'No.', { cause }) }, 'stopped');
    expect(written).toEqual(['12:00:01 error stopped  No. [CONFIG_INVALID]  open \\x1b[2J [ENOENT]\n']);
  });

  test('says the message of a bare error once', () => {
    const { log, written } = logTo(true);
    log.error(new FlowtapError('CONFIG_INVALID', 'config', 'No.'));
    expect(written).toEqual(['12:00:01 error No. [CONFIG_INVALID]\n']);
  });
});

import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addOptions, readOptions } from '../../services/cli/options.ts';
import type { ConfigTable } from '../../services/runtime/config.ts';
import { duration, flag, list, text } from '../../services/runtime/config-values.ts';

const TABLE = {
  idleTimeoutMs: {
    flag: '-i, --idle-timeout <duration>',
    env: 'FLOWTAP_IDLE_TIMEOUT',
    parse: duration(),
    default: '60s',
    doc: 'silence that ends a flow',
  },
  each: {
    flag: '--each',
    env: 'FLOWTAP_EACH',
    parse: flag(),
    default: 'false',
    doc: 'every file on its own',
  },
  colour: { flag: '--no-colour', env: 'FLOWTAP_COLOUR', parse: flag(), default: 'true', doc: 'plain text' },
  interfaces: { flag: '--interface <name...>', env: 'FLOWTAP_INTERFACE', parse: list(text()), doc: 'where' },
} as const satisfies ConfigTable;

const DEFAULTS = { idleTimeoutMs: 60_000, each: false, colour: true, interfaces: undefined };

function read(args: readonly string[], env: Record<string, string> = {}) {
  const command = addOptions(new Command('replay').exitOverride(), TABLE);
  command.parse([...args], { from: 'user' });
  return readOptions(command, TABLE, env);
}

test.each([
  { args: [], env: {}, config: DEFAULTS },
  { args: ['--idle-timeout', '5s'], env: {}, config: { ...DEFAULTS, idleTimeoutMs: 5000 } },
  { args: ['-i', '5s'], env: { FLOWTAP_IDLE_TIMEOUT: '7s' }, config: { ...DEFAULTS, idleTimeoutMs: 5000 } },
  { args: [], env: { FLOWTAP_IDLE_TIMEOUT: '7s' }, config: { ...DEFAULTS, idleTimeoutMs: 7000 } },
  { args: ['--each'], env: { FLOWTAP_EACH: 'false' }, config: { ...DEFAULTS, each: true } },
  { args: [], env: { FLOWTAP_EACH: 'yes' }, config: { ...DEFAULTS, each: true } },
  { args: ['--no-colour'], env: {}, config: { ...DEFAULTS, colour: false } },
  { args: [], env: { FLOWTAP_COLOUR: 'off' }, config: { ...DEFAULTS, colour: false } },
  { args: ['--interface', 'a,b', 'c'], env: {}, config: { ...DEFAULTS, interfaces: ['a', 'b', 'c'] } },
  { args: ['--interface', 'a', 'b'], env: {}, config: { ...DEFAULTS, interfaces: ['a', 'b'] } },
])('$args with $env', ({ args, env, config }) => {
  expect(read(args, env)).toEqual(config);
});

test('a value that cannot be used names its flag and its variable', () => {
  expect(() => read(['--idle-timeout', 'soon'])).toThrow(
    '--idle-timeout (FLOWTAP_IDLE_TIMEOUT) must be a duration',
  );
});

test('--help shows default and variable of each setting', () => {
  const help = addOptions(new Command('replay'), TABLE).helpInformation();
  expect(help.replace(/\s+/g, ' ')).toContain(
    '-i, --idle-timeout <duration> silence that ends a flow (default: 60s, env: FLOWTAP_IDLE_TIMEOUT)',
  );
});

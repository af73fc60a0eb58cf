import { describe, expect, expectTypeOf, test } from 'vitest';
import type { ConfigTable } from '../../services/runtime/config.ts';
import { loadConfig } from '../../services/runtime/config.ts';
import { duration, integer, list, text } from '../../services/runtime/config-values.ts';
import { FlowtapError } from '../../services/runtime/errors.ts';

const TABLE = {
  windowMs: {
    flag: '-w, --window <duration>',
    env: 'FLOWTAP_WINDOW',
    parse: duration(1000),
    default: '10s',
    doc: 'length of a window',
  },
  seed: { flag: '--seed <n>', env: 'FLOWTAP_SEED', parse: integer(0, 65535), doc: 'Community ID seed' },
  interfaces: { flag: '--interface <name...>', env: 'FLOWTAP_INTERFACE', parse: list(text()), doc: 'where' },
  token: {
    flag: '--token <text>',
    env: 'FLOWTAP_TOKEN',
    parse: integer(1, 2),
    doc: 'who we are',
    secret: true,
  },
} as const satisfies ConfigTable;

function complaintsOf(load: () => unknown): string {
  try {
    load();
  } catch (error) {
    if (error instanceof FlowtapError && error.code === 'CONFIG_INVALID') return error.message;
    throw error;
  }
  return 'nothing';
}

describe('what counts', () => {
  test.each([
    { flags: { windowMs: '2s' }, env: { FLOWTAP_WINDOW: '3s' }, windowMs: 2000, from: 'the flag' },
    { flags: {}, env: { FLOWTAP_WINDOW: '3s' }, windowMs: 3000, from: 'the variable' },
    {
      flags: {},
      env: { FLOWTAP_WINDOW: '' },
      windowMs: 10_000,
      from: 'the default, as the variable is empty',
    },
    { flags: {}, env: {}, windowMs: 10_000, from: 'the default' },
  ])('is $from', ({ flags, env, windowMs }) => {
    expect(loadConfig(TABLE, { flags, env })).toEqual({
      windowMs,
      seed: undefined,
      interfaces: undefined,
      token: undefined,
    });
  });

  test('is several values from flags or from one text with commas', () => {
    const fromFlags = loadConfig(TABLE, { flags: { interfaces: ['eth0', 'eth1'] }, env: {} });
    const fromEnv = loadConfig(TABLE, { flags: {}, env: { FLOWTAP_INTERFACE: 'eth0, eth1' } });
    expect(fromFlags.interfaces).toEqual(['eth0', 'eth1']);
    expect(fromEnv).toEqual(fromFlags);
  });

  test('does not change any more, and has the types of its readers', () => {
    const config = loadConfig(TABLE, { flags: {}, env: {} });
    expect(Object.isFrozen(config)).toBe(true);
    expectTypeOf(config.windowMs).toEqualTypeOf<number>();
    expectTypeOf(config.seed).toEqualTypeOf<number | undefined>();
    expectTypeOf(config.interfaces).toEqualTypeOf<readonly string[] | undefined>();
  });
});

describe('complaints', () => {
  test.each([
    {
      flags: { windowMs: 'ten' },
      says: '--window (FLOWTAP_WINDOW) must be a duration such as 500ms, 10s or 2m of at least 1000ms, not "ten".',
    },
    {
      flags: { seed: '-1' },
      says: '--seed (FLOWTAP_SEED) must be a whole number from 0 to 65535, not "-1".',
    },
    { flags: { token: 'hush' }, says: '--token (FLOWTAP_TOKEN) must be a whole number from 1 to 2.' },
    {
      flags: { interfaces: ['eth0', ''] },
      says: '--interface (FLOWTAP_INTERFACE) must be some text, not "eth0,".',
    },
  ])('name the flag and the variable: $says', ({ flags, says }) => {
    expect(complaintsOf(() => loadConfig(TABLE, { flags, env: {} }))).toBe(says);
  });

  test('come all at once, one a line', () => {
    const env = { FLOWTAP_WINDOW: '1ms', FLOWTAP_SEED: 'x', FLOWTAP_TOKEN: '1' };
    expect(complaintsOf(() => loadConfig(TABLE, { flags: {}, env })).split('\n')).toEqual([
      expect.stringContaining('FLOWTAP_WINDOW'),
      expect.stringContaining('FLOWTAP_SEED'),
    ]);
  });
});

import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../services/cli/command-list.ts';
import { loadConfig, longFlag } from '../../services/runtime/config.ts';
import { FLOWTAP_MAIN, finished } from '../support/flowtap-process.ts';

const LOADED = await Promise.all(COMMANDS.map(async (entry) => ({ ...entry, ...(await entry.load()) })));

it('holds the commands, each once', () => {
  expect(COMMANDS.map(({ name, isHidden }) => (isHidden ? `(${name})` : name))).toEqual([
    'replay',
    'probe',
    'kubeagent',
    'resolver',
    'enrichment',
    'webhook',
    'inject',
    'check',
    'setup',
    'console',
    'observe',
    'top',
    'demo',
    '(demo-traffic)',
    '(demo-services)',
  ]);
});

describe.each(LOADED)('$name', ({ summary, description, settings }) => {
  const all = Object.values(settings);

  it('says what it does: a summary like a title, a description in sentences', () => {
    expect(summary).toMatch(/^[a-z].*[^.]$/);
    expect(description).toMatch(/^[A-Z].*\.$/);
  });

  it('has each flag once, and its variable is named after it', () => {
    expect(new Set(all.map(longFlag)).size).toBe(all.length);
    for (const setting of all) {
      const name = longFlag(setting).slice('--'.length).replaceAll('-', '_').toUpperCase();
      // What is an address or a form by its flag says so in its variable. What narrows a question does too: a pod's
      // own FLOWTAP_NAMESPACE must not, and Kubernetes has names that end in _PORT.
      const names = [name, `${name}_URL`, `${name}_FORMAT`, `FILTER_${name}`, `FILTER_${name}S`];
      expect(names.map((each) => `FLOWTAP_${each}`)).toContain(setting.env);
    }
  });

  it('has defaults that can be used', () => {
    const config = loadConfig(settings, { flags: {}, env: {} });
    const names = Object.keys(settings).filter((name) => settings[name].default !== undefined);
    expect(Object.keys(config).filter((name) => config[name] !== undefined)).toEqual(names);
  });
});

/** Tells on standard error which modules a process loads. */
const TELL_MODULES = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({ load(url, context, next) { console.error(url); return next(url, context); } });
`)}`;

describe("a command's code is loaded when it is called", () => {
  it.each([
    { args: ['--version'], modules: [] },
    { args: ['replay', '--help'], modules: ['metering-settings', 'replay'] },
    {
      args: ['probe', '--help'],
      modules: ['delivery-settings', 'metering-settings', 'probe', 'probe-settings', 'service-settings'],
    },
    { args: ['demo', '--help'], modules: ['demo', 'metering-settings'] },
  ])('$args: $modules', async ({ args, modules }) => {
    const child = spawn(process.execPath, ['--import', TELL_MODULES, FLOWTAP_MAIN, ...args], { env: {} });
    const { exitCode, stderr } = await finished(child);
    expect(exitCode).toBe(0);
    const loaded = [...stderr.matchAll(/\/services\/cli\/commands\/([\w-]+)\.ts$/gm)].map(([, name]) => name);
    expect(loaded.sort()).toEqual(modules);
  });
});

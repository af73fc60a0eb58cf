import { describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { COMMANDS } from '../../services/cli/command-list.ts';
import { runFlowtap } from '../support/flowtap-process.ts';

const oneLine = (text: string): string => text.replace(/\s+/g, ' ');

describe('--version', () => {
  it.each(['--version', '-V'])('%s is that of package.json', async (flag) => {
    expect(await runFlowtap([flag])).toEqual({
      exitCode: 0,
      signal: null,
      stdout: `${manifest.version}\n`,
      stderr: '',
    });
  });
});

describe.concurrent('help', () => {
  it.each(['--help', '-h'])('%s tells every command that is for people, and the exit codes', async (flag) => {
    const { exitCode, stdout, stderr } = await runFlowtap([flag]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const [, table] = /\nCommands:\n((?: {2}.+\n)+)/.exec(stdout)!;
    const rows = table
      .trimEnd()
      .split('\n')
      .map((row) => row.trim().split(/ {2,}/));
    expect(rows).toEqual(
      COMMANDS.filter(({ isHidden }) => !isHidden).map(({ name, argument, summary }) => [
        argument === undefined ? name : `${name} ${argument[0]}`,
        summary,
      ]),
    );
    expect(stdout).toContain('\nExit codes: 0 done; 1 failed; 2 wrong usage; 3 ');
  });

  it.each(COMMANDS)('of $name tells each of its settings, with default and variable', async (entry) => {
    const { exitCode, stdout, stderr } = await runFlowtap([entry.name, '--help']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const [, options] = /\nOptions:\n([\s\S]*)$/.exec(stdout)!;
    const settings = Object.values((await entry.load()).settings);
    const flags = [...options.matchAll(/^ {2}(-.*?)(?: {2}.*)?$/gm)].map(([, flag]) => flag);
    expect(flags).toEqual([...settings.map(({ flag }) => flag), '-h, --help']);
    const text = oneLine(stdout);
    for (const { flag, doc, default: value, env } of settings) {
      const defaultText = value === undefined ? '' : `default: ${value}, `;
      expect(text).toContain(oneLine(`${flag} ${doc} (${defaultText}env: ${env})`));
    }
    const usage = ['flowtap', entry.name, '[options]', ...(entry.argument?.slice(0, 1) ?? [])].join(' ');
    expect(text.startsWith(oneLine(`Usage: ${usage} ${entry.description} `))).toBe(true);
    if (entry.argument !== undefined) expect(text).toContain(entry.argument[1]);
  });

  it('is shown, as wrong usage, where no command is named', async () => {
    const [nothing, help] = await Promise.all([runFlowtap([]), runFlowtap(['--help'])]);
    expect(nothing).toEqual({ exitCode: 2, signal: null, stdout: '', stderr: help.stdout });
  });
});

describe.concurrent('wrong usage', () => {
  const HINT = '(flowtap --help explains all commands)';

  it.each([
    { args: ['frobnicate'], says: ["error: unknown command 'frobnicate'", HINT] },
    { args: ['help'], says: ["error: unknown command 'help'", HINT] },
    { args: ['repla'], says: ["error: unknown command 'repla'", '(Did you mean replay?)', HINT] },
    { args: ['--frobnicate'], says: ["error: unknown option '--frobnicate'", HINT] },
    { args: ['--frobnicate', 'demo'], says: ["error: unknown option '--frobnicate'", HINT] },
    ...COMMANDS.map(({ name }) => ({
      args: [name, '--frobnicate', 'x'],
      says: ["error: unknown option '--frobnicate'", HINT],
    })),
    {
      args: ['probe', '--windo', '5s'],
      says: ["error: unknown option '--windo'", '(Did you mean --window?)', HINT],
    },
    {
      args: ['probe', '--window'],
      says: ["error: option '--window <duration>' argument missing", HINT],
    },
    {
      args: ['probe', 'eth0'],
      says: ["error: too many arguments for 'probe'. Expected 0 arguments but got 1: eth0.", HINT],
    },
    { args: ['demo-traffic'], says: ["error: missing required argument 'role-and-address'", HINT] },
    {
      args: ['demo-traffic', 'shop', 'nowhere'],
      says: [
        'flowtap: CONFIG_INVALID: Usage: flowtap demo-traffic shop <addresses>, or web <addresses of service> <of pod>',
      ],
    },
    {
      args: ['probe', '--window', '999ms'],
      says: ['flowtap: CONFIG_INVALID: --window (FLOWTAP_WINDOW) must be at least 1s for a live capture.'],
    },
    {
      args: ['probe', '--known-ports', '80,53/icmp', '--max-flows', '15'],
      says: [
        'flowtap: CONFIG_INVALID: --known-ports (FLOWTAP_KNOWN_PORTS) must be ports such as 80, 80/tcp or 53/udp, not "80,53/icmp".',
        '--max-flows (FLOWTAP_MAX_FLOWS) must be a whole number from 16 to 16777216, not "15".',
      ],
    },
    {
      args: ['demo', '--duration', '1ms'],
      says: [
        'flowtap: CONFIG_INVALID: --duration (FLOWTAP_DURATION) must be a duration such as 500ms, 10s or 2m of at least 1000ms, not "1ms".',
      ],
    },
  ])('$args', async ({ args, says }) => {
    expect(await runFlowtap(args)).toEqual({
      exitCode: 2,
      signal: null,
      stdout: '',
      stderr: `${says.join('\n')}\n`,
    });
  });
});

describe('variables of the environment', () => {
  it.each([
    { env: { FLOWTAP_DURATION: '5s', HOME: '/' }, warnings: [] },
    // Kubernetes sets these for a service called flowtap.
    { env: { FLOWTAP_SERVICE_HOST: '10.96.0.7', FLOWTAP_PORT: 'tcp://10.96.0.7:80' }, warnings: [] },
    {
      env: { FLOWTAP_DURATOIN: '5s', FLOWTAP_WINDOW: '5s' },
      warnings: [
        'flowtap: FLOWTAP_DURATOIN is not a setting of demo; it is ignored.',
        'flowtap: FLOWTAP_WINDOW is not a setting of demo; it is ignored.',
      ],
    },
  ])('of demo $env give the warnings $warnings', async ({ env, warnings }) => {
    const { exitCode, stderr } = await runFlowtap(['demo', '--help'], { env });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 0,
      stderr: warnings.map((line) => `${line}\n`).join(''),
    });
  });
});

it('what cannot be done is a sentence, and a failure', async () => {
  const { exitCode, stdout, stderr } = await runFlowtap(['probe', '--filter', 'no such expression']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  // Which one depends on the machine.
  expect(stderr).toMatch(/^flowtap: (FILTER_INVALID|LIBPCAP_MISSING|CAPTURE_UNSUPPORTED): .+\n$/);
});

import { Command, CommanderError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { systemClock } from '../runtime/clock.ts';
import { unknownVariables } from '../runtime/config-environment.ts';
import { FlowtapError } from '../runtime/errors.ts';
import { Lifecycle } from '../runtime/lifecycle.ts';
import { printable, Terminal } from '../runtime/terminal.ts';
import type { CommandContext } from './command-context.ts';
import { COMMANDS } from './command-list.ts';
import { EXIT_FAILURE, EXIT_SUCCESS, EXIT_USAGE } from './exit-codes.ts';
import { addOptions, readOptions } from './options.ts';

const EXIT_CODES = `
Exit codes: 0 done; 1 failed; 2 wrong usage; 3 some input was damaged or unreadable (what could be read was);
130 a replay or a query was interrupted.
Every flag can also be set by the environment variable in its description.`;

const terminal = new Terminal(process.stderr, process.env);
const lifecycle = new Lifecycle({
  source: process,
  signals: ['SIGINT', 'SIGTERM'],
  clock: systemClock,
  force: (error) => {
    terminal.line(`flowtap: ${error.code}: ${error.message}`);
    process.exit(EXIT_FAILURE);
  },
});
const context: CommandContext = {
  version: manifest.version,
  signal: lifecycle.signal,
  clock: systemClock,
  terminal,
  outputDescriptor: 1,
  get standardInput() {
    return process.stdin;
  },
  get standardOutput() {
    return process.stdout;
  },
  program: { node: process.execPath, script: process.argv[1], environment: process.env },
};

const program = new Command('flowtap')
  .description('Who talks to whom in a Kubernetes cluster, pod by pod.')
  .version(manifest.version)
  .exitOverride()
  .helpCommand(false)
  .showHelpAfterError('(flowtap --help explains all commands)')
  .addHelpText('after', EXIT_CODES);

for (const { name, summary, description, argument, isHidden } of COMMANDS) {
  const command = program.command(name, { hidden: isHidden === true });
  command.summary(summary).description(description);
  if (argument !== undefined) command.argument(...argument);
}

program.hook('preSubcommand', async (_program, command) => {
  const entry = COMMANDS.find(({ name }) => name === command.name());
  if (entry === undefined) return;
  const { settings, run } = await entry.load();
  for (const name of unknownVariables([settings], process.env)) {
    terminal.line(printable(`flowtap: ${name} is not a setting of ${entry.name}; it is ignored.`));
  }
  addOptions(command, settings).action(async () => {
    const config = readOptions(command, settings, process.env) as never;
    process.exitCode = await run(command.args, config, context);
  });
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
} finally {
  await lifecycle.close();
}

/** Says what went wrong, once: commander has already shown its own errors. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_SUCCESS : EXIT_USAGE;
  if (error instanceof FlowtapError) {
    const text = `flowtap: ${error.code}: ${error.message}`;
    for (const line of text.split('\n')) terminal.line(printable(line));
    return error.code === 'CONFIG_INVALID' ? EXIT_USAGE : EXIT_FAILURE;
  }
  terminal.line(`flowtap: ${error instanceof Error ? error.stack : String(error)}`);
  return EXIT_FAILURE;
}

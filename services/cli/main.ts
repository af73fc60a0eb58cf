import { Command, CommanderError } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import { systemClock } from '../runtime/clock.ts';
import type { ConfigOf, ConfigTable } from '../runtime/config.ts';
import { FlowtapError } from '../runtime/errors.ts';
import { Lifecycle } from '../runtime/lifecycle.ts';
import { Terminal } from '../runtime/terminal.ts';
import type { CommandContext } from './command-context.ts';
import { PROBE_SETTINGS, runProbeCommand } from './commands/probe.ts';
import { REPLAY_SETTINGS, runReplay } from './commands/replay.ts';
import { EXIT_FAILURE, EXIT_SUCCESS, EXIT_USAGE } from './exit-codes.ts';
import { addOptions, readOptions } from './options.ts';

const EXIT_CODES = `
Exit codes: 0 done; 1 failed; 2 wrong usage; 3 some input was damaged or unreadable (what could be read was).
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
};

const program = new Command('flowtap')
  .description('Who talks to whom in a Kubernetes cluster, pod by pod.')
  .version(manifest.version)
  .exitOverride()
  .showHelpAfterError('(flowtap --help explains all commands)')
  .addHelpText('after', EXIT_CODES);

addCommand('replay', REPLAY_SETTINGS, runReplay)
  .argument('<file...>', 'pcap or pcapng files, gzip or not; - is standard input')
  .summary('turn capture files into flow records')
  .description('Turns capture files into flow records, ECS events as lines of JSON on standard output.');

addCommand('probe', PROBE_SETTINGS, (_files, config, commandContext) =>
  runProbeCommand(config, commandContext),
)
  .summary('turn live packets into flow records')
  .description('Captures on network interfaces and writes flow records as their windows end. Needs NET_RAW.');

function addCommand<Table extends ConfigTable>(
  name: string,
  table: Table,
  run: (files: readonly string[], config: ConfigOf<Table>, context: CommandContext) => Promise<number>,
): Command {
  const command = addOptions(program.command(name), table);
  return command.action(async () => {
    process.exitCode = await run(command.args, readOptions(command, table, process.env), context);
  });
}

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
    terminal.line(`flowtap: ${error.code}: ${error.message}`);
    return error.code === 'CONFIG_INVALID' ? EXIT_USAGE : EXIT_FAILURE;
  }
  terminal.line(`flowtap: ${error instanceof Error ? error.stack : String(error)}`);
  return EXIT_FAILURE;
}

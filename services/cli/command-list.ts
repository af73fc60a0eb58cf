import type { ConfigOf, ConfigTable } from '../runtime/config.ts';
import type { CommandContext } from './command-context.ts';

/** A command's settings, and what it does: gives the exit code. */
export interface CommandModule {
  readonly settings: ConfigTable;
  readonly run: (args: readonly string[], config: never, context: CommandContext) => Promise<number>;
}

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  /** Positional arguments, as commander writes them, with what they are. */
  readonly argument?: readonly [name: string, doc: string];
  /** Not shown in help: what one command starts as a child process. */
  readonly isHidden?: boolean;
  /** A command's code is loaded when it is called: a probe's memory holds nothing of the others. */
  readonly load: () => Promise<CommandModule>;
}

/** All commands of `flowtap`. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: 'replay',
    summary: 'turn capture files into flow records',
    description: 'Turns capture files into flow records, ECS events as lines of JSON on standard output.',
    argument: ['<file...>', 'pcap or pcapng files, gzip or not; - is standard input'],
    load: async () => {
      const { REPLAY_SETTINGS, runReplay } = await import('./commands/replay.ts');
      return command(REPLAY_SETTINGS, runReplay);
    },
  },
  {
    name: 'probe',
    summary: 'turn live packets into flow records',
    description:
      'Captures on network interfaces and writes flow records as their windows end. Needs NET_RAW.',
    load: async () => {
      const { PROBE_SETTINGS, runProbeCommand } = await import('./commands/probe.ts');
      return command(PROBE_SETTINGS, (_args, config, context) => runProbeCommand(config, context));
    },
  },
  {
    name: 'demo',
    summary: 'show flows of real traffic, made on the spot',
    description:
      'Lets a client and a server in two network namespaces talk, and shows the flows that a probe sees. ' +
      'Where these cannot be made (they need root and Linux) it replays a capture of such traffic.',
    load: async () => {
      const { DEMO_SETTINGS, runDemo } = await import('./commands/demo.ts');
      return command(DEMO_SETTINGS, (_args, config, context) => runDemo(config, context));
    },
  },
  {
    name: 'demo-traffic',
    summary: 'one end of the traffic of the demo',
    description: 'Makes the traffic of `flowtap demo`, which starts it.',
    argument: ['<role-and-address...>', 'shop or web, then addresses of the shop'],
    isHidden: true,
    load: async () => {
      const { runDemoTraffic } = await import('./commands/demo-traffic.ts');
      return command({}, (args, _config, context) => runDemoTraffic(args, context));
    },
  },
];

function command<Table extends ConfigTable>(
  settings: Table,
  run: (args: readonly string[], config: ConfigOf<Table>, context: CommandContext) => Promise<number>,
): CommandModule {
  return { settings, run: run as CommandModule['run'] };
}

import type { ConfigOf, ConfigTable } from '../runtime/config.ts';
import type { CommandContext } from './command-context.ts';
import { RANKED_WORDS } from './top/ranked-words.ts';

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
      const { PROBE_SETTINGS } = await import('./commands/probe-settings.ts');
      const { runProbeCommand } = await import('./commands/probe.ts');
      return command(PROBE_SETTINGS, (_args, config, context) => runProbeCommand(config, context));
    },
  },
  {
    name: 'kubeagent',
    summary: 'mirror names of the cluster into the state store',
    description:
      'Watches pods, services, nodes and what they belong to, and keeps in PostgreSQL who had which address when.',
    load: async () => {
      const { KUBEAGENT_SETTINGS, runKubeagentCommand } = await import('./commands/kubeagent.ts');
      return command(KUBEAGENT_SETTINGS, (_args, config, context) => runKubeagentCommand(config, context));
    },
  },
  {
    name: 'resolver',
    summary: 'tell which pod answered behind a service address',
    description:
      "Reads the node's connection table and writes into memcached which pods connections through services really " +
      'reach. Needs NET_ADMIN in the network namespace of the host.',
    load: async () => {
      const { RESOLVER_SETTINGS, runResolverCommand } = await import('./commands/resolver.ts');
      return command(RESOLVER_SETTINGS, (_args, config, context) => runResolverCommand(config, context));
    },
  },
  {
    name: 'enrichment',
    summary: 'name both ends of flow records, and index them',
    description:
      'Takes flow records of probes and others over HTTP, finds out which pods and services talked, and writes the ' +
      'documents to Elasticsearch. Needs no more than --elasticsearch and a word on who may send; PostgreSQL gives ' +
      'the names, memcached the pods behind services.',
    load: async () => {
      const { ENRICHMENT_SETTINGS, runEnrichmentCommand } = await import('./commands/enrichment.ts');
      return command(ENRICHMENT_SETTINGS, (_args, config, context) => runEnrichmentCommand(config, context));
    },
  },
  {
    name: 'webhook',
    summary: 'add probes to the pods of namespaces that ask for it',
    description:
      'Answers the API server about each new pod: adds the probe where the namespace has flowtap.dev/capture, or says ' +
      'why not. Never refuses a pod.',
    load: async () => {
      const { WEBHOOK_SETTINGS } = await import('./commands/webhook-settings.ts');
      const { runWebhookCommand } = await import('./commands/webhook.ts');
      return command(WEBHOOK_SETTINGS, (_args, config, context) => runWebhookCommand(config, context));
    },
  },
  {
    name: 'inject',
    summary: 'write manifests with the probe in their pods',
    description:
      'Puts the probe into the pods of manifests, as the webhook would, and writes them to standard output. All that ' +
      'needs no change stays as it is, comments too. For clusters where no webhook may run.',
    load: async () => {
      const { INJECT_SETTINGS, runInjectCommand } = await import('./commands/inject.ts');
      return command(INJECT_SETTINGS, (_args, config, context) => runInjectCommand(config, context));
    },
  },
  {
    name: 'check',
    summary: 'tell whether pods get their probes',
    description:
      'Looks at a cluster: its webhook, by a dry run whether a pod would get the probe, namespaces that ask for it, ' +
      'and pods and probes that are not as they should be, each with what to do. Changes nothing.',
    load: async () => {
      const { CHECK_SETTINGS, runCheckCommand } = await import('./commands/check.ts');
      return command(CHECK_SETTINGS, (_args, config, context) => runCheckCommand(config, context));
    },
  },
  {
    name: 'setup',
    summary: 'prepare Elasticsearch for flows',
    description: 'Installs or upgrades the templates of the data streams that flows are written to.',
    argument: ['<target>', 'elasticsearch'],
    load: async () => {
      const { SETUP_SETTINGS, runSetupCommand } = await import('./commands/setup.ts');
      return command(SETUP_SETTINGS, runSetupCommand);
    },
  },
  {
    name: 'console',
    summary: 'a page that shows who talks to whom',
    description:
      'Serves a page over the flows in Elasticsearch: the map of services, the split of a service over its pods, top ' +
      'talkers, single flows, and how the probes are. It only reads.',
    load: async () => {
      const { CONSOLE_SETTINGS, runConsoleCommand } = await import('./commands/console.ts');
      return command(CONSOLE_SETTINGS, (_args, config, context) => runConsoleCommand(config, context));
    },
  },
  {
    name: 'observe',
    summary: 'show flows in the terminal, and follow them',
    description:
      'Shows flows of Elasticsearch by names, labels, addresses and how they fared, as lines or as documents. It only ' +
      'reads.',
    load: async () => {
      const { OBSERVE_SETTINGS, runObserveCommand } = await import('./commands/observe.ts');
      return command(OBSERVE_SETTINGS, (_args, config, context) => runObserveCommand(config, context));
    },
  },
  {
    name: 'top',
    summary: 'rank services, pods and pairs by their traffic',
    description:
      'Ranks who sent and got most, lost most or opened most connections, once or again and again, of the flows in ' +
      'Elasticsearch. It only reads.',
    argument: ['<what>', RANKED_WORDS],
    load: async () => {
      const { TOP_SETTINGS, runTopCommand } = await import('./commands/top.ts');
      return command(TOP_SETTINGS, runTopCommand);
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
  {
    name: 'demo-services',
    summary: 'the services of the demo',
    description: 'Names the flows of `flowtap demo`, which starts it.',
    argument: ['<state>', 'what there is in the cluster, as JSON'],
    isHidden: true,
    load: async () => {
      const { runDemoServicesCommand } = await import('./commands/demo-services.ts');
      return command({}, (args, _config, context) => runDemoServicesCommand(args, context));
    },
  },
];

function command<Table extends ConfigTable>(
  settings: Table,
  run: (args: readonly string[], config: ConfigOf<Table>, context: CommandContext) => Promise<number>,
): CommandModule {
  return { settings, run: run as CommandModule['run'] };
}

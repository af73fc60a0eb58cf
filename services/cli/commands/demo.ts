import type { ConfigOf } from '../../runtime/config.ts';
import { duration, flag, reader } from '../../runtime/config-values.ts';
import type { ListenAddress } from '../../runtime/listen-address.ts';
import { listenAddress } from '../../runtime/listen-address.ts';
import { createLogger } from '../../runtime/logger.ts';
import { printable } from '../../runtime/terminal.ts';
import type { CommandContext } from '../command-context.ts';
import { aborted } from '../demo/aborted.ts';
import { DemoConsole } from '../demo/demo-console.ts';
import type { DemoDocument } from '../demo/demo-document.ts';
import { recordsOf } from '../demo/demo-document.ts';
import { DemoScreen } from '../demo/demo-screen.ts';
import { demoSummary, nextSteps } from '../demo/demo-summary.ts';
import { FlowTally } from '../demo/flow-tally.ts';
import { LiveDemo } from '../demo/live-demo.ts';
import { liveTrafficUnavailable } from '../demo/live-traffic-unavailable.ts';
import type { Loss } from '../demo/probe-losses.ts';
import { replayRecording } from '../demo/recorded-demo.ts';
import { EXIT_FAILURE, EXIT_SUCCESS } from '../exit-codes.ts';

const address = listenAddress();
const NO_CONSOLE = 'off';
const consoleAddress = reader(
  `an address such as 127.0.0.1:8080, or ${NO_CONSOLE}`,
  (word): ListenAddress | typeof NO_CONSOLE | undefined =>
    word === NO_CONSOLE ? word : address.safeParse(word).data,
);

export const DEMO_SETTINGS = {
  durationMs: {
    flag: '--duration <duration>',
    env: 'FLOWTAP_DURATION',
    parse: duration(1000),
    default: '12s',
    doc: 'how long traffic is made',
  },
  recorded: {
    flag: '--recorded',
    env: 'FLOWTAP_RECORDED',
    parse: flag(),
    default: 'false',
    doc: 'replay the recorded traffic even where traffic can be made',
  },
  console: {
    flag: '--console <address>',
    env: 'FLOWTAP_CONSOLE',
    parse: consoleAddress,
    default: '127.0.0.1:0',
    doc: 'where the console is served while the demo runs, port 0 for any that is free; off for none',
  },
  keepOpen: {
    flag: '--keep-open',
    env: 'FLOWTAP_KEEP_OPEN',
    parse: flag(),
    default: 'false',
    doc: 'serve the console until Ctrl-C; else until the demo ends and no browser shows it',
  },
} as const;

export type DemoConfig = ConfigOf<typeof DEMO_SETTINGS>;

const LEGEND = ['PACKETS and BYTES: what the source sent / what it got back.', ''];

/** Where the documents of a demo go, and what ends it early. */
interface Show {
  readonly screen: DemoScreen;
  readonly signal: AbortSignal;
  readonly onDocuments: (documents: readonly DemoDocument[]) => void;
}

/** `flowtap demo`: shows flows of real traffic, made here and now, or else of a capture of such traffic. */
export async function runDemo(config: DemoConfig, context: CommandContext): Promise<number> {
  const screen = new DemoScreen(context);
  const tally = new FlowTally();
  const unwatched = new AbortController();
  const signal = AbortSignal.any([context.signal, unwatched.signal]);
  let page: DemoConsole | undefined;
  const onDocuments = (documents: readonly DemoDocument[]): void => {
    page?.add(documents);
    const records = recordsOf(documents);
    for (const record of records) tally.add(record);
    screen.rows(records);
    if (screen.isClosed) unwatched.abort();
  };
  try {
    page = await openConsole(config, context);
    const losses = await showFlows(config, context, { screen, signal, onDocuments });
    screen.endProgress();
    screen.lines(['', ...demoSummary(tally, losses), '', ...nextSteps(context.program.script)]);
    if (page !== undefined) await keepOpen(page, config, context, signal);
    return EXIT_SUCCESS;
  } catch (error) {
    screen.endProgress();
    const reason = (error as Error).message.replace(/\.$/, '');
    context.terminal.line(printable(`flowtap: The demo had to end: ${reason}.`));
    return EXIT_FAILURE;
  } finally {
    await page?.close();
  }
}

async function openConsole(
  { console: at, keepOpen }: DemoConfig,
  { version, clock, terminal }: CommandContext,
): Promise<DemoConsole | undefined> {
  if (at === NO_CONSOLE) return undefined;
  const log = createLogger({ service: 'flowtap-demo', level: 'error', clock, terminal });
  const page = await DemoConsole.start({ address: at, version, clock, log });
  const until = keepOpen
    ? 'until Ctrl-C'
    : 'while the demo runs, and as long as a browser shows it (--keep-open: longer)';
  terminal.line(`Console: ${page.url} ${until}`);
  return page;
}

async function keepOpen(
  page: DemoConsole,
  { keepOpen: isKept }: DemoConfig,
  { terminal }: CommandContext,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted || !(isKept || page.isLookedAt)) return;
  terminal.line(`The console stays at ${page.url}${isKept ? '' : ' while it is looked at'}; Ctrl-C ends it.`);
  await (isKept ? aborted(signal) : page.whileLookedAt(signal));
}

async function showFlows(config: DemoConfig, context: CommandContext, show: Show): Promise<readonly Loss[]> {
  if (config.recorded) return await showRecording('Recorded traffic.', context, show);
  show.screen.progress('Starting a node, four pods and the services ...');
  const live = await startLive(context);
  show.screen.endProgress();
  if (typeof live === 'string') {
    if (context.signal.aborted) return [];
    return await showRecording(`No live traffic here: ${printable(live)}.`, context, show);
  }
  try {
    return await showLive(live, config, context, show);
  } finally {
    await live.close();
  }
}

/** Live traffic, or why there is none, in a sentence without a full stop. */
async function startLive({ program, clock }: CommandContext): Promise<LiveDemo | string> {
  const reason = liveTrafficUnavailable(process.platform, process.geteuid?.());
  if (reason !== undefined) return reason;
  try {
    return await LiveDemo.start(program, process.pid, clock.now());
  } catch (error) {
    return (error as Error).message;
  }
}

async function showLive(
  live: LiveDemo,
  { durationMs }: DemoConfig,
  { clock }: CommandContext,
  { screen, signal, onDocuments }: Show,
): Promise<readonly Loss[]> {
  const { clients, backends, serviceAddresses } = live.network;
  const seconds = Math.round(durationMs / 1000);
  screen.lines([
    `A customer calls the service shop for ${seconds} s; a probe in each pod reports every 2 s, and the flows are named:`,
    ...[...clients, ...backends].map(
      ({ name, addresses }) => `  pod ${name.padEnd(9)} ${addresses.join('  ')}`,
    ),
    `  service shop  ${serviceAddresses.join('  ')}, translated by the node to one of the pods`,
    ...LEGEND,
  ]);
  screen.header();
  return await live.run({
    durationMs,
    signal,
    clock,
    onDocuments,
    onTurn: (leftMs) => screen.progress(`${Math.ceil(leftMs / 1000)} s left`),
  });
}

async function showRecording(
  introduction: string,
  { version, outputDescriptor, clock, terminal }: CommandContext,
  { screen, signal, onDocuments }: Show,
): Promise<readonly Loss[]> {
  screen.lines([
    introduction,
    'These flows were recorded earlier (examples/demo.pcap), and are shown faster.',
    ...LEGEND,
  ]);
  screen.header();
  return await replayRecording({
    agentVersion: version,
    descriptor: outputDescriptor,
    signal,
    clock,
    log: createLogger({ service: 'flowtap-demo', level: 'error', clock, terminal }),
    onDocuments,
  });
}

import type { ConfigOf } from '../../runtime/config.ts';
import { duration, flag } from '../../runtime/config-values.ts';
import { createLogger } from '../../runtime/logger.ts';
import { printable } from '../../runtime/terminal.ts';
import type { CommandContext } from '../command-context.ts';
import { DemoScreen } from '../demo/demo-screen.ts';
import { demoSummary, nextSteps } from '../demo/demo-summary.ts';
import { FlowTally } from '../demo/flow-tally.ts';
import { LiveDemo } from '../demo/live-demo.ts';
import { liveTrafficUnavailable } from '../demo/live-traffic-unavailable.ts';
import type { Loss } from '../demo/probe-losses.ts';
import type { DemoRecord } from '../demo/record-from-document.ts';
import { replayRecording } from '../demo/recorded-demo.ts';
import { EXIT_FAILURE, EXIT_SUCCESS } from '../exit-codes.ts';

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
} as const;

export type DemoConfig = ConfigOf<typeof DEMO_SETTINGS>;

const LEGEND = ['PACKETS and BYTES: what the source sent / what it got back.', ''];

/** Where the records of a demo go, and what ends it early. */
interface Show {
  readonly screen: DemoScreen;
  readonly signal: AbortSignal;
  readonly onRecords: (records: readonly DemoRecord[]) => void;
}

/** `flowtap demo`: shows flows of real traffic, made here and now, or else of a capture of such traffic. */
export async function runDemo(config: DemoConfig, context: CommandContext): Promise<number> {
  const screen = new DemoScreen(context);
  const tally = new FlowTally();
  const unwatched = new AbortController();
  const onRecords = (records: readonly DemoRecord[]): void => {
    for (const record of records) tally.add(record);
    screen.rows(records);
    if (screen.isClosed) unwatched.abort();
  };
  const signal = AbortSignal.any([context.signal, unwatched.signal]);
  try {
    const losses = await showFlows(config, context, { screen, signal, onRecords });
    screen.endProgress();
    screen.lines(['', ...demoSummary(tally, losses), '', ...nextSteps(context.program.script)]);
    return EXIT_SUCCESS;
  } catch (error) {
    screen.endProgress();
    context.terminal.line(printable(`flowtap: The demo had to end: ${(error as Error).message}.`));
    return EXIT_FAILURE;
  }
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
  { screen, signal, onRecords }: Show,
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
    onRecords,
    onTurn: (leftMs) => screen.progress(`${Math.ceil(leftMs / 1000)} s left`),
  });
}

async function showRecording(
  introduction: string,
  { version, outputDescriptor, clock, terminal }: CommandContext,
  { screen, signal, onRecords }: Show,
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
    onRecords,
  });
}

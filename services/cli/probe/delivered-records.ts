import { randomUUID } from 'node:crypto';
import type { PacketSource } from '../../probe/capture/packet-source.ts';
import type { FlowMeterStatistics } from '../../probe/flow/flow-meter.ts';
import type { Connector } from '../../probe/transport/connector.ts';
import { createDeliveryCounts } from '../../probe/transport/delivery-counts.ts';
import { DeliveryOutput } from '../../probe/transport/delivery-output.ts';
import { CachingResolver } from '../../probe/transport/host-resolver.ts';
import { HttpReceiver } from '../../probe/transport/http-receiver.ts';
import { shareMallocArena } from '../../probe/transport/malloc-arenas.ts';
import { MutedLog } from '../../probe/transport/muted-log.ts';
import { OwnConnector } from '../../probe/transport/own-connector.ts';
import { PlainConnector } from '../../probe/transport/plain-connector.ts';
import { readProbeCounters } from '../../probe/transport/probe-counters.ts';
import { Spool } from '../../probe/transport/spool.ts';
import { createLogger } from '../../runtime/logger.ts';
import type { CommandContext } from '../command-context.ts';
import type { ProbeConfig } from '../commands/probe-settings.ts';
import type { SummaryLine } from '../summary.ts';
import { formatSummary } from '../summary.ts';
import { probeIdentity } from './probe-identity.ts';
import type { ProbeOutput } from './probe-output.ts';

export interface DeliveredRecordsOptions {
  readonly url: URL;
  readonly config: ProbeConfig;
  readonly context: CommandContext;
  readonly host: string;
  readonly source: PacketSource;
  readonly meterStatistics: () => FlowMeterStatistics;
}

/** The first eight digits of a probe's id name its files in a spool. */
const RUN_DIGITS = 8;

/** How long a slice of records may wait for others to be compressed. */
const COMPRESSION_WAIT_MS = 1000;

const NOT_CAPTURING = 'nothing can be captured, which is tried again';

/** Records to a receiver, by HTTP. What goes wrong there is logged and counted, and never ends the capture. */
export function openDeliveredRecords(options: DeliveredRecordsOptions): ProbeOutput {
  const { url, config, context, host, source, meterStatistics } = options;
  const { clock, terminal, version } = context;
  shareMallocArena();
  const log = createLogger({ service: 'flowtap-probe', level: config.logLevel, clock, terminal });
  const id = randomUUID();
  const counts = createDeliveryCounts();
  const connector = createConnector(source, context);
  const receiver = new HttpReceiver({
    url,
    tokenFile: config.tokenFile,
    tls: {
      ca: config.ca,
      caFile: config.caFile,
      certFile: config.clientCertFile,
      keyFile: config.clientKeyFile,
    },
    connector,
    timeoutMs: config.deliveryTimeoutMs,
    maxConnections: config.maxInFlight,
    userAgent: `flowtap-probe/${version}`,
  });
  const muted = new MutedLog(log, clock);
  const output = new DeliveryOutput({
    settings: config,
    probe: probeIdentity({ id, version, startedMs: clock.now(), host }, config),
    receiver,
    spool: config.spool === undefined ? undefined : new Spool(config.spool, id.slice(0, RUN_DIGITS)),
    counts,
    counters: () => counters(),
    failure: () => source.health?.failure,
    clock,
    log: muted,
    random: Math.random,
  });
  const counters = (): Readonly<Record<string, number>> =>
    readProbeCounters({
      source: source.statistics,
      health: source.health,
      meter: meterStatistics(),
      output: output.received,
      delivery: counts,
      waiting: output.waiting,
      own: connector.volume,
      process: { memoryBytes: process.memoryUsage.rss(), cpuSeconds: cpuSeconds() },
    });
  // Each heartbeat says why nothing is captured; a change is told at once.
  let toldFailure: string | undefined;
  const tell = (failure: string | undefined): void => {
    if (failure !== toldFailure) output.heartbeat();
    toldFailure = failure;
  };
  return {
    records: output,
    isClosed: false,
    failure: undefined,
    start: () => {
      toldFailure = source.health?.failure?.message;
      return output.start();
    },
    capturing: (interfaces) => {
      muted.settle(NOT_CAPTURING);
      log.info(
        { 'flowtap.interfaces': interfaces, 'url.full': url.href, 'service.version': version },
        'capturing',
      );
      tell(undefined);
    },
    notCapturing: (error) => {
      muted.warn({ error }, NOT_CAPTURING);
      tell(error.message);
    },
    makeRoom: (ending) =>
      output.drain(
        ending.aborted
          ? AbortSignal.timeout(config.shutdownGraceMs)
          : AbortSignal.any([ending, AbortSignal.timeout(COMPRESSION_WAIT_MS)]),
      ),
    close: async () => {
      // No packet is looked at any more.
      connector.close();
      await output.close(config.shutdownGraceMs);
    },
    summarise: (capture) => {
      if (terminal.interactive)
        terminal.line(formatSummary([...capture, ...deliverySummary(output, counts)]).trimEnd());
      else log.info({ 'flowtap.counters': counters() }, 'capture ended');
    },
  };
}

function createConnector(source: PacketSource, { clock }: CommandContext): Connector {
  if (source.ignoreEndpoints === undefined) return new PlainConnector();
  return new OwnConnector({
    resolver: new CachingResolver(clock),
    clock,
    ignore: (endpoints) => source.ignoreEndpoints?.(endpoints),
  });
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

type Counts = ReturnType<typeof createDeliveryCounts>;

function deliverySummary(output: DeliveryOutput, counts: Counts): SummaryLine[] {
  const dropped = counts.queueDroppedEvents + counts.spoolDroppedEvents + output.received.overrunEvents;
  return [
    ['events delivered', counts.deliveredEvents],
    ['events that the receiver refused', counts.refusedEvents],
    ['events dropped undelivered', dropped],
    ['events left in the spool', output.waiting.events],
  ];
}

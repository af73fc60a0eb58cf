import { hostname } from 'node:os';
import { EcsEventWriter } from '../../core/ecs-event.ts';
import { openLiveSource } from '../../probe/capture/open-live-source.ts';
import type { CaptureHealth, PacketSource } from '../../probe/capture/packet-source.ts';
import { RestartingSource } from '../../probe/capture/restarting-source.ts';
import { releaseFreeMemory } from '../../probe/capture/system-calls.ts';
import { FlowMeter } from '../../probe/flow/flow-meter.ts';
import { NdjsonOutput } from '../../probe/transport/ndjson-output.ts';
import { OWN_MARK } from '../../probe/transport/own-mark.ts';
import { FlowtapError } from '../../runtime/errors.ts';
import { inlineGenerously } from '../../runtime/inlining.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_FAILURE, EXIT_SUCCESS } from '../exit-codes.ts';
import { compileLate } from '../probe/compile-late.ts';
import { openDescriptorRecords } from '../probe/descriptor-records.ts';
import type { ProbeOutput } from '../probe/probe-output.ts';
import { isReceiverUrl, readReceiverUrl } from '../probe/receiver-url.ts';
import { runProbe } from '../probe/run-probe.ts';
import type { SummaryLine } from '../summary.ts';
import { meterSummary } from '../summary.ts';
import { meterOptions } from './metering-settings.ts';
import type { ProbeConfig } from './probe-settings.ts';

/** A live capture never ends by itself, so its flows must be told of now and then. */
const MIN_WINDOW_MS = 1000;

/** Room for two sets of headers. */
const TUNNEL_SNAPLEN_BYTES = 320;

/** Flows to export between two looks at the ring: about a millisecond. */
const SWEEP_ROWS = 256;

/** `flowtap probe`: captures until the signal, writes or delivers records as their windows end. */
export async function runProbeCommand(config: ProbeConfig, context: CommandContext): Promise<number> {
  if (config.windowMs < MIN_WINDOW_MS) {
    throw new FlowtapError(
      'CONFIG_INVALID',
      'config',
      '--window (FLOWTAP_WINDOW) must be at least 1s for a live capture.',
    );
  }
  const url = isReceiverUrl(config.output) ? readReceiverUrl(config.output, config) : undefined;
  inlineGenerously();
  compileLate();
  const source = await openSource(config, context, url === undefined ? undefined : OWN_MARK);
  try {
    return await capture(config, context, source, url);
  } finally {
    source.close();
  }
}

/** Throws what `openLiveSource` throws, unless the probe is to keep running. */
async function openSource(
  config: ProbeConfig,
  { clock }: CommandContext,
  ignoredMark: number | undefined,
): Promise<PacketSource> {
  const open = (): Promise<PacketSource> =>
    openLiveSource({
      through: config.captureWith,
      interfaces: config.interfaces,
      filter: config.filter,
      ignoredMark,
      snaplenBytes:
        config.snaplenBytes ?? (config.decapsulate === undefined ? undefined : TUNNEL_SNAPLEN_BYTES),
      ringBytes: config.ringBytes,
    });
  if (!config.keepRunning) return open();
  return RestartingSource.start({ open, clock, canIgnoreEndpoints: config.captureWith === 'ring' });
}

async function capture(
  config: ProbeConfig,
  context: CommandContext,
  source: PacketSource,
  url: URL | undefined,
): Promise<number> {
  const host = config.nodeName ?? hostname();
  const output: ProbeOutput =
    url === undefined
      ? openDescriptorRecords(config.output, config.maxQueuedBytes, context)
      : (await import('../probe/delivered-records.ts')).openDeliveredRecords({
          ...{ url, config, context, host, source },
          meterStatistics: () => meter.statistics(),
        });
  const events = new EcsEventWriter({
    hostName: host,
    agentVersion: context.version,
    dataStreamNamespace: 'default',
    segmentOffload: source.statistics.segmentOffload,
  });
  const records = new NdjsonOutput(events, output.records);
  const meter = createMeter(config, records);
  const closed = new AbortController();
  const ending = AbortSignal.any([context.signal, closed.signal]);
  const tellOfHealth = (health: CaptureHealth | undefined): void => {
    const { segmentOffload, interfaces } = source.statistics;
    events.setSegmentOffload(segmentOffload);
    if (health?.failure === undefined) output.capturing(interfaces);
    else output.notCapturing(health.failure);
  };
  await output.start();
  if (source.health === undefined) tellOfHealth(undefined);
  try {
    await runProbe({
      source,
      meter,
      signal: ending,
      releaseMemory: config.captureWith === 'ring' ? releaseFreeMemory : () => undefined,
      now: () => context.clock.now(),
      onHealth: tellOfHealth,
      handOn: async () => {
        records.flush();
        await output.makeRoom(ending);
        if (output.isClosed) closed.abort();
      },
    });
  } finally {
    await output.close();
  }
  output.summarise([...sourceSummary(source), ...meterSummary(meter.statistics())]);
  return output.failure === undefined ? EXIT_SUCCESS : EXIT_FAILURE;
}

function createMeter(config: ProbeConfig, records: NdjsonOutput): FlowMeter {
  const meter = new FlowMeter(meterOptions(config, config.maxFlows, SWEEP_ROWS), records);
  for (const { protocol, port } of config.knownPorts ?? []) meter.listeningPorts.add(protocol, port);
  return meter;
}

function sourceSummary(source: PacketSource): SummaryLine[] {
  const { frames, unsupportedLink, kernelReceived, kernelDrops, kernelFreezes, segmentOffload } =
    source.statistics;
  const orUnknown = (value: number | undefined): number | string => value ?? 'not known';
  return [
    ['packets that passed the filter', orUnknown(kernelReceived)],
    ['packets dropped by the kernel', orUnknown(kernelDrops)],
    ['times the ring was full', orUnknown(kernelFreezes)],
    ['frames captured', frames],
    ['frames of unknown links', unsupportedLink],
    ['merged frames counted by', segmentOffload],
  ];
}

import type { FlowRecord } from '../../core/flow-record.ts';
import type { FlowMeterOptions } from '../../probe/flow/flow-meter.ts';
import { DescriptorOutput } from '../../probe/transport/descriptor-output.ts';
import type { ConfigOf } from '../../runtime/config.ts';
import { flag, integer, oneOf } from '../../runtime/config-values.ts';
import { printable } from '../../runtime/terminal.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_DAMAGED_INPUT, EXIT_INTERRUPTED, EXIT_SUCCESS } from '../exit-codes.ts';
import { tableHeader, tableLine } from '../record-table.ts';
import { chooseThreads, inputBytes } from '../replay/choose-threads.ts';
import { replay } from '../replay/replay.ts';
import type { ReplayOutcome } from '../replay/replay-shard.ts';
import { formatSummary, meterSummary } from '../summary.ts';
import { METERING_SETTINGS, meterOptions } from './metering-settings.ts';

export const REPLAY_SETTINGS = {
  each: {
    flag: '--each',
    env: 'FLOWTAP_EACH',
    parse: flag(),
    default: 'false',
    doc: 'every file on its own, with fresh state; records name their file in log.file.path',
  },
  format: {
    flag: '--format <format>',
    env: 'FLOWTAP_FORMAT',
    parse: oneOf('ndjson', 'table', 'summary'),
    default: 'ndjson',
    doc: 'ndjson (ECS events), table (for people) or summary (the counters only)',
  },
  threads: {
    flag: '--threads <count>',
    env: 'FLOWTAP_THREADS',
    parse: integer(1, 64),
    doc: 'threads that share the flows; with more than one, records come in another order (the cores, for large input with many flows, else 1)',
  },
  maxFlows: {
    flag: '--max-flows <count>',
    env: 'FLOWTAP_MAX_FLOWS',
    parse: integer(1, 16_777_216),
    default: '2097152',
    doc: 'flows at once, 340 bytes each; beyond, flows long silent are evicted',
  },
  ...METERING_SETTINGS,
} as const;

export type ReplayConfig = ConfigOf<typeof REPLAY_SETTINGS>;

/** `flowtap replay`: capture files in, records on standard output, everything else on standard error. */
export async function runReplay(
  paths: readonly string[],
  config: ReplayConfig,
  context: CommandContext,
): Promise<number> {
  const totalBytes = inputBytes(paths);
  const meter = meterOptions(config, config.maxFlows);
  const output = new DescriptorOutput(context.outputDescriptor);
  const isText = config.format !== 'ndjson';
  if (config.format === 'table') writeText(output, tableHeader());
  const outcome = await replay(
    {
      paths,
      each: config.each,
      agentVersion: context.version,
      descriptor: context.outputDescriptor,
      meter,
    },
    await threadsFor(paths, config, meter, context.signal),
    {
      standardInput: context.standardInput,
      signal: context.signal,
      ...(isText ? { takeRecord: textRecords(config, output) } : {}),
    },
    (bytesRead) => context.terminal.progress(progressText(bytesRead, totalBytes)),
  );
  context.terminal.endProgress();
  report(outcome, config, output, context);
  if (context.signal.aborted) {
    context.terminal.line('Interrupted: the records are of what had been read.');
    return EXIT_INTERRUPTED;
  }
  return outcome.damages.length > 0 ? EXIT_DAMAGED_INPUT : EXIT_SUCCESS;
}

async function threadsFor(
  paths: readonly string[],
  config: ReplayConfig,
  meter: FlowMeterOptions,
  signal: AbortSignal,
): Promise<number> {
  if (config.format !== 'ndjson' || config.each || paths.includes('-')) return 1;
  return config.threads ?? (await chooseThreads(paths, meter, signal));
}

function progressText(doneBytes: number, totalBytes: number): string {
  const mebibytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(0);
  // Compressed input is longer than its file.
  if (totalBytes === 0 || doneBytes > totalBytes) return `read ${mebibytes(doneBytes)} MiB`;
  return `read ${Math.floor((doneBytes / totalBytes) * 100)} % of ${mebibytes(totalBytes)} MiB`;
}

function textRecords(
  config: ReplayConfig,
  output: DescriptorOutput,
): (record: FlowRecord, window: unknown, file: string | undefined) => void {
  if (config.format === 'summary') return () => undefined;
  let lastFile: string | undefined;
  return (record, _window, file) => {
    if (file !== undefined && file !== lastFile) writeText(output, `\n${printable(file)}\n`);
    lastFile = file;
    writeText(output, tableLine(record));
  };
}

function report(
  outcome: ReplayOutcome,
  config: ReplayConfig,
  output: DescriptorOutput,
  context: CommandContext,
): void {
  for (const { path, damage } of outcome.damages) {
    const where = damage.code === 'UNREADABLE' ? '' : ` at byte ${damage.byteOffset}`;
    context.terminal.line(printable(`${path}: ${damage.code}${where}: ${damage.reason}`));
  }
  if (outcome.statistics === undefined) return;
  const summary = formatSummary([
    ...meterSummary(outcome.statistics),
    ['damaged or unreadable files', outcome.damages.length],
  ]);
  if (config.format === 'summary') writeText(output, summary);
  else context.terminal.line(summary.trimEnd());
}

function writeText(output: DescriptorOutput, text: string): void {
  const bytes = Buffer.from(text);
  output.write(bytes, bytes.length);
}

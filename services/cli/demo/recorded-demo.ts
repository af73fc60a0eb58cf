import { fileURLToPath } from 'node:url';
import type { ReportedWindow } from '../../core/ecs-event.ts';
import { EcsEventWriter } from '../../core/ecs-event.ts';
import type { FlowRecord } from '../../core/flow-record.ts';
import { LineWriter } from '../../core/line-writer.ts';
import type { FlowMeterStatistics } from '../../probe/flow/flow-meter.ts';
import type { Clock } from '../../runtime/clock.ts';
import { loadConfig } from '../../runtime/config.ts';
import type { Logger } from '../../runtime/logger.ts';
import { METERING_SETTINGS, meterOptions } from '../commands/metering-settings.ts';
import { replay } from '../replay/replay.ts';
import type { ReplayOutcome } from '../replay/replay-shard.ts';
import type { DemoDocument } from './demo-document.ts';
import type { Loss } from './probe-losses.ts';

/** In the repository, or in the bundle's folder. */
export const RECORDING = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../../examples/demo.pcap' : './examples/demo.pcap',
    import.meta.url,
  ),
);

/** The capture's windows of two seconds are shown one in this time. */
const WINDOW_PAUSE_MS = 700;

const MAX_FLOWS = 4096;

export interface RecordedRun {
  readonly agentVersion: string;
  readonly descriptor: number;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly log: Logger;
  /** Called with the documents of a window. */
  readonly onDocuments: (documents: readonly DemoDocument[]) => void;
}

/**
 * Meters the capture that comes with flowtap, names its flows, hands them out window by window at a pace for people, and
 * gives what was lost. Throws an Error where the capture cannot be read.
 */
export async function replayRecording(run: RecordedRun): Promise<readonly Loss[]> {
  const { agentVersion, clock, log, signal } = run;
  const events = new EcsEventWriter({
    hostName: 'demo-node',
    agentVersion,
    dataStreamNamespace: 'default',
    segmentOffload: 'none',
  });
  const writer = new LineWriter(events.eventBytes);
  const lines: string[] = [];
  const outcome = await meterRecording(run, (record, window) => {
    writer.position = 0;
    events.write(writer, record, window);
    lines.push(Buffer.from(writer.bytes.subarray(0, writer.position)).toString());
  });
  // Enrichment and a database, which live traffic leaves to another process.
  const { nameRecording } = await import('./name-recording.ts');
  const documents = await nameRecording(lines, { clock, log, signal });
  for (const window of Map.groupBy(documents, ({ windowStart }) => windowStart).values()) {
    if (signal.aborted) break;
    run.onDocuments(window);
    await clock.sleep(WINDOW_PAUSE_MS, signal);
  }
  return [{ what: 'flows (table full)', count: outcome.evictedFlows }];
}

async function meterRecording(
  { agentVersion, descriptor, signal }: RecordedRun,
  takeRecord: (record: FlowRecord, window: ReportedWindow | undefined) => void,
): Promise<FlowMeterStatistics> {
  const config = loadConfig(METERING_SETTINGS, { flags: { windowMs: '2s' }, env: {} });
  const outcome: ReplayOutcome = await replay(
    { paths: [RECORDING], each: false, agentVersion, descriptor, meter: meterOptions(config, MAX_FLOWS) },
    1,
    { standardInput: undefined, signal, takeRecord },
    () => undefined,
  );
  const [damaged] = outcome.damages;
  if (damaged !== undefined) throw new Error(`${damaged.path}: ${damaged.damage.reason}`);
  if (outcome.statistics === undefined) throw new Error(`${RECORDING}: no packets`);
  return outcome.statistics;
}

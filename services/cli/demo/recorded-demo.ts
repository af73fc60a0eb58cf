import { fileURLToPath } from 'node:url';
import type { FlowMeterStatistics } from '../../probe/flow/flow-meter.ts';
import type { Clock } from '../../runtime/clock.ts';
import { loadConfig } from '../../runtime/config.ts';
import { METERING_SETTINGS, meterOptions } from '../commands/metering-settings.ts';
import { replay } from '../replay/replay.ts';
import type { ReplayOutcome } from '../replay/replay-shard.ts';
import type { Loss } from './probe-losses.ts';
import type { DemoRecord } from './record-from-ecs.ts';

/** Beside the sources, or beside the bundle's folder. */
export const RECORDING = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../../examples/demo.pcap' : '../examples/demo.pcap',
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
  /** Called with the records of a window. */
  readonly onRecords: (records: readonly DemoRecord[]) => void;
}

/**
 * Meters the capture that comes with flowtap, hands out its records window by window at a pace for people, and gives
 * what was lost. Throws an Error where the capture cannot be read.
 */
export async function replayRecording(run: RecordedRun): Promise<readonly Loss[]> {
  const records: DemoRecord[] = [];
  const outcome = await meterRecording(run, (record) => records.push(record));
  for (const window of Map.groupBy(records, ({ windowStartMs }) => windowStartMs).values()) {
    if (run.signal.aborted) break;
    run.onRecords(window);
    await run.clock.sleep(WINDOW_PAUSE_MS, run.signal);
  }
  return [{ what: 'flows (table full)', count: outcome.evictedFlows }];
}

async function meterRecording(
  { agentVersion, descriptor, signal }: RecordedRun,
  take: (record: DemoRecord) => void,
): Promise<FlowMeterStatistics> {
  const config = loadConfig(METERING_SETTINGS, { flags: { windowMs: '2s' }, env: {} });
  const outcome: ReplayOutcome = await replay(
    { paths: [RECORDING], each: false, agentVersion, descriptor, meter: meterOptions(config, MAX_FLOWS) },
    1,
    {
      standardInput: undefined,
      signal,
      takeRecord: (record, window) => {
        const { communityId, flowStart } = record;
        const flowId = `${communityId}/${flowStart.seconds}.${flowStart.nanoseconds}`;
        take({ flowId, windowStartMs: window?.startMs ?? 0, windowEndMs: window?.endMs ?? 0, record });
      },
    },
    () => undefined,
  );
  const [damaged] = outcome.damages;
  if (damaged !== undefined) throw new Error(`${damaged.path}: ${damaged.damage.reason}`);
  if (outcome.statistics === undefined) throw new Error(`${RECORDING}: no packets`);
  return outcome.statistics;
}

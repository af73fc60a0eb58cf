import { setImmediate as nextTurn } from 'node:timers/promises';
import { listeningSockets } from '../../probe/capture/listening-sockets.ts';
import type { CaptureHealth, PacketSource } from '../../probe/capture/packet-source.ts';
import type { FlowMeter } from '../../probe/flow/flow-meter.ts';

/** Room for the clock and the capture to differ before a window is closed, beside the source's own delay. */
const CLOCK_SLACK_MS = 100;

/** How often the kernel's socket tables are read for ports that are served, and free memory is given back. */
const UPKEEP_INTERVAL_MS = 10_000;

export interface ProbeRun {
  readonly source: PacketSource;
  readonly meter: FlowMeter;
  readonly signal: AbortSignal;
  readonly now: () => number;
  /** Called when records may have come; resolves when there is room for more. */
  readonly handOn: () => Promise<void>;
  /** Called now and then. */
  readonly releaseMemory: () => void;
  /** Called when capturing begins or fails, where that does not end it. */
  readonly onHealth: (health: CaptureHealth) => void;
}

/** Captures and meters until the signal aborts; then every flow gives its last record. */
export async function runProbe({
  source,
  meter,
  signal,
  now,
  handOn,
  releaseMemory,
  onHealth,
}: ProbeRun): Promise<void> {
  await learnListeningPorts(meter);
  let keptUpAtMs = now();
  let sweeping: Promise<void> | undefined;
  const running = source.run({
    sink: meter,
    signal,
    now,
    onHealth,
    onTurn: (nowMs) => {
      meter.advanceTo(nowMs - source.deliveryDelayMs - CLOCK_SLACK_MS);
      sweeping ??= sweepAll(meter, signal, handOn).finally(() => {
        sweeping = undefined;
      });
      if (Math.abs(nowMs - keptUpAtMs) < UPKEEP_INTERVAL_MS) return;
      keptUpAtMs = nowMs;
      releaseMemory();
      void learnListeningPorts(meter);
    },
  });
  try {
    await running;
  } finally {
    await sweeping;
    await exportAll(meter, handOn);
  }
}

/** The last records of all flows. */
async function exportAll(meter: FlowMeter, handOn: () => Promise<void>): Promise<void> {
  while (meter.isSweeping) {
    meter.sweep();
    await handOn();
  }
  while (!meter.finish()) await handOn();
  await handOn();
}

/** Exports what a closed window holds, in slices between which packets are read and records are written. */
async function sweepAll(meter: FlowMeter, signal: AbortSignal, handOn: () => Promise<void>): Promise<void> {
  await handOn();
  while (meter.isSweeping && !signal.aborted) {
    meter.sweep();
    await handOn();
    await nextTurn();
  }
}

async function learnListeningPorts(meter: FlowMeter): Promise<void> {
  for (const { protocol, port } of await listeningSockets()) meter.listeningPorts.add(protocol, port);
}

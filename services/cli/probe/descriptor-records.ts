import { closeSync, openSync } from 'node:fs';
import { QueuedOutput, reopenNonBlocking } from '../../probe/transport/queued-output.ts';
import { FlowtapError } from '../../runtime/errors.ts';
import type { CommandContext } from '../command-context.ts';
import type { SummaryLine } from '../summary.ts';
import { formatSummary } from '../summary.ts';
import type { ProbeOutput } from './probe-output.ts';

/** How long a slow reader may hold up a slice of records: a window's records must be out before the next ones. */
const SLOW_READER_MS = 20;

/** How long a slow reader may take for what is left at the end. */
const DRAIN_MS = 2000;

/** Records to standard output, or to the end of a file. Throws OUTPUT_FAILED for a file that cannot be opened. */
export function openDescriptorRecords(
  path: string,
  maxQueuedBytes: number,
  context: CommandContext,
): ProbeOutput {
  const isFile = path !== 'stdout' && path !== '-';
  const descriptor = isFile ? openFile(path) : reopenNonBlocking(context.outputDescriptor);
  const output = new QueuedOutput(descriptor, maxQueuedBytes, (ms) => context.clock.sleep(ms));
  const { terminal } = context;
  // While capturing, a slow reader is waited for a moment before each slice of records; at the end somewhat longer.
  let lastWait: AbortSignal | undefined;
  const mayWait = (ending: AbortSignal): AbortSignal => {
    if (!ending.aborted) return AbortSignal.any([ending, AbortSignal.timeout(SLOW_READER_MS)]);
    lastWait ??= AbortSignal.timeout(DRAIN_MS);
    return lastWait;
  };
  return {
    records: output,
    get isClosed() {
      return output.isClosed || output.failure !== undefined;
    },
    get failure() {
      return output.failure;
    },
    start: async () => undefined,
    capturing: (interfaces) => terminal.line(`Capturing on ${interfaces.join(', ') || 'no interface yet'}.`),
    notCapturing: ({ message }) => terminal.line(`Not capturing, which is tried again: ${message}`),
    makeRoom: async (ending) => {
      if (output.isBusy || ending.aborted) await output.drain(mayWait(ending));
    },
    close: async () => {
      output.close();
      if (descriptor !== context.outputDescriptor) closeSync(descriptor);
    },
    summarise: (capture) => {
      terminal.line(formatSummary([...capture, ...outputSummary(output)]).trimEnd());
      if (output.failure !== undefined) {
        terminal.line(`Writing records had to end: ${output.failure.message}`);
      }
    },
  };
}

function openFile(path: string): number {
  try {
    return openSync(path, 'a', 0o640);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new FlowtapError('OUTPUT_FAILED', 'output', `--output ${path} cannot be opened: ${reason}`, {
      cause,
    });
  }
}

function outputSummary(output: QueuedOutput): SummaryLine[] {
  const { overflowedLines, unwantedLines } = output.statistics;
  return [
    ['records dropped for a slow reader', overflowedLines],
    ['records dropped without a reader', unwantedLines],
  ];
}

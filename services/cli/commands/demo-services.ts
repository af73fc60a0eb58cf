import { FlowtapError } from '../../runtime/errors.ts';
import { createLogger } from '../../runtime/logger.ts';
import type { CommandContext } from '../command-context.ts';
import { writeDemoDocument } from '../demo/demo-document.ts';
import type { DemoState } from '../demo/demo-objects.ts';
import { runDemoServices } from '../demo/demo-services.ts';
import { parseDemoState, SERVICES_READY } from '../demo/demo-state.ts';
import { EXIT_SUCCESS } from '../exit-codes.ts';

/**
 * `flowtap demo-services STATE`, which `flowtap demo` starts in the network namespace of its node: all services but the
 * probe, and documents as lines on standard output, until standard input ends, as it does when the demo dies.
 */
export async function runDemoServicesCommand(
  args: readonly string[],
  context: CommandContext,
): Promise<number> {
  const { standardInput, standardOutput, clock, terminal } = context;
  const orphaned = new AbortController();
  standardInput.once('end', () => orphaned.abort()).resume();
  try {
    await runDemoServices({
      state: stateOf(args),
      clock,
      log: createLogger({ service: 'flowtap-demo', level: 'error', clock, terminal }),
      signal: AbortSignal.any([context.signal, orphaned.signal]),
      onReady: () => terminal.line(SERVICES_READY),
      onDocument: (document) => standardOutput.write(`${writeDemoDocument(document)}\n`),
    });
  } finally {
    standardInput.destroy();
  }
  return EXIT_SUCCESS;
}

function stateOf([text = '']: readonly string[]): DemoState {
  try {
    return parseDemoState(text);
  } catch (cause) {
    throw new FlowtapError('CONFIG_INVALID', 'config', 'Usage: flowtap demo-services <state>', { cause });
  }
}

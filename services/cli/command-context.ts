import type { Clock } from '../runtime/clock.ts';
import type { Terminal } from '../runtime/terminal.ts';

/** What a command gets from the process that runs it. */
export interface CommandContext {
  readonly version: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly terminal: Terminal;
  readonly outputDescriptor: number;
  readonly standardInput: NodeJS.ReadStream;
}

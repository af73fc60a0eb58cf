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
  readonly standardOutput: NodeJS.WriteStream;
  readonly program: ProgramStart;
}

/** How this program was started, and so how a child process of it is. */
export interface ProgramStart {
  /** Node.js itself. */
  readonly node: string;
  /** main.ts, or the bundle. */
  readonly script: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

import type { Logger } from 'pino';
import { pino } from 'pino';
import type { Clock } from './clock.ts';
import { describeError } from './log-error.ts';
import type { LogLevel } from './log-level.ts';
import { formatLogLine } from './log-line.ts';
import type { Terminal } from './terminal.ts';

export type { Logger } from 'pino';

export interface LoggerOptions {
  /** Becomes service.name. */
  readonly service: string;
  readonly level: LogLevel;
  readonly clock: Clock;
  /** Where the lines go: stderr. On an interactive terminal they are short and for people, else JSON. */
  readonly terminal: Terminal;
}

/** Never written, at the top of a log object or one level below it. */
const SECRETS = ['password', 'token', 'authorization', 'apiKey', 'secret', 'cookie'];
const REDACTED_PATHS = SECRETS.flatMap((name) => [name, `*.${name}`]);

/**
 * A logger for stderr; stdout is for records. Fields have their ECS names (log.level, service.name, error.code).
 * Log objects first, then a constant message: `log.info({ packets }, 'capture ended')`.
 */
export function createLogger({ service, level, clock, terminal }: LoggerOptions): Logger {
  const write = terminal.interactive
    ? (line: string): void => terminal.line(formatLogLine(line, terminal))
    : (line: string): void => terminal.line(line.trimEnd());
  return pino(
    {
      level,
      messageKey: 'message',
      errorKey: 'error',
      base: { 'service.name': service },
      timestamp: () => `,"@timestamp":"${new Date(clock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ 'log.level': label }) },
      serializers: { error: describeError },
      redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
    },
    { write },
  );
}

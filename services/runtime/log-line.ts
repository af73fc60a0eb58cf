import type { Style, Terminal } from './terminal.ts';
import { printable } from './terminal.ts';

const LEVEL_STYLES: Readonly<Record<string, Style>> = {
  trace: 'dim',
  debug: 'dim',
  info: 'green',
  warn: 'yellow',
  error: 'red',
  fatal: 'red',
};

/** Fields that the line shows elsewhere, or that only machines need. */
const HIDDEN = new Set(['@timestamp', 'log.level', 'message', 'service.name', 'error']);

interface LogRecord {
  readonly '@timestamp': string;
  readonly 'log.level': string;
  readonly message?: string;
  readonly error?: LoggedCause;
  readonly [field: string]: unknown;
}

interface LoggedCause {
  readonly message: string;
  readonly code?: string;
  readonly cause?: LoggedCause;
}

/** A JSON log line as a person reads it: `12:00:01 warn  message  field=value`, with the time in UTC. */
export function formatLogLine(json: string, terminal: Terminal): string {
  const record = JSON.parse(json) as LogRecord;
  const level = record['log.level'];
  const time = terminal.paint('dim', record['@timestamp'].slice(11, 19));
  const label = terminal.paint(LEVEL_STYLES[level] ?? 'bold', level.padEnd(5));
  const fields = Object.entries(record)
    .filter(([name]) => !HIDDEN.has(name))
    .map(
      ([name, value]) => `${name}=${printable(typeof value === 'string' ? value : JSON.stringify(value))}`,
    );
  const text = [...sentences(record), ...fields].filter((part) => part !== '').join('  ');
  return `${time} ${label} ${text}`;
}

function sentences({ message, error }: LogRecord): string[] {
  // pino repeats an error's own message when it is logged without another.
  const parts = message === undefined || message === error?.message ? [] : [printable(message)];
  for (let cause = error; cause; cause = cause.cause) {
    const code = cause.code === undefined ? '' : ` [${cause.code}]`;
    parts.push(printable(`${cause.message}${code}`));
  }
  return parts;
}

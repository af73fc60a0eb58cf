import { pino } from 'pino';
import type { Logger } from '../../services/runtime/logger.ts';

/** A logger that says nothing. */
export function quietLogger(): Logger {
  return pino({ level: 'silent' });
}

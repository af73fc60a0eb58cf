import { pino } from 'pino';
import type { Logger } from '../../services/runtime/logger.ts';

export const silentLog: Logger = pino({ level: 'silent' });

import type { ConfigOf } from '../../runtime/config.ts';
import { oneOf } from '../../runtime/config-values.ts';
import { listenAddress } from '../../runtime/listen-address.ts';
import { LOG_LEVELS } from '../../runtime/log-level.ts';

/** What every long-running service has: a log, and an address for health and metrics. */
export const SERVICE_SETTINGS = {
  adminListen: {
    flag: '--admin-listen <address>',
    env: 'FLOWTAP_ADMIN_LISTEN',
    parse: listenAddress(),
    default: ':9090',
    doc: 'where /healthz, /readyz and /metrics are served, over plain HTTP',
  },
  logLevel: {
    flag: '--log-level <level>',
    env: 'FLOWTAP_LOG_LEVEL',
    parse: oneOf(...LOG_LEVELS),
    default: 'info',
    doc: `log from this level on: ${LOG_LEVELS.join(', ')}`,
  },
} as const;

export type ServiceConfig = ConfigOf<typeof SERVICE_SETTINGS>;

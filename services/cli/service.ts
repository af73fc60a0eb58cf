import { startAdminServer } from '../runtime/admin-server.ts';
import type { ListenAddress } from '../runtime/listen-address.ts';
import type { Logger } from '../runtime/logger.ts';
import { createLogger } from '../runtime/logger.ts';
import { MetricRegistry } from '../runtime/metrics.ts';
import { Readiness } from '../runtime/readiness.ts';
import type { CommandContext } from './command-context.ts';
import type { ServiceConfig } from './commands/service-settings.ts';

/** What every long-running service starts with. */
export interface Service {
  readonly log: Logger;
  readonly metrics: MetricRegistry;
  readonly readiness: Readiness;
  /** Where /healthz, /readyz and /metrics are. */
  readonly adminAddress: ListenAddress;
  close(): Promise<void>;
}

/**
 * Starts the log, the metrics and the admin server of a service; close it last, so that its health can be asked for
 * until the end. Throws a FlowtapError LISTEN_FAILED.
 */
export async function startService(
  name: string,
  config: ServiceConfig,
  context: CommandContext,
): Promise<Service> {
  const { clock, terminal, signal, version } = context;
  const log = createLogger({ service: `flowtap-${name}`, level: config.logLevel, clock, terminal });
  const metrics = new MetricRegistry();
  metrics.addProcessMetrics();
  const readiness = new Readiness();
  readiness.add('process', () => (signal.aborted ? 'stopping' : undefined));
  const admin = await startAdminServer({ address: config.adminListen, metrics, readiness });
  log.info(
    { 'service.version': version, 'server.port': admin.address.port },
    'health and metrics are served',
  );
  return { log, metrics, readiness, adminAddress: admin.address, close: () => admin.close() };
}

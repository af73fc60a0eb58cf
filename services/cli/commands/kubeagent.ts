import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { Kubeagent } from '../../kubeagent/kubeagent.ts';
import { KUBEAGENT_METRICS } from '../../kubeagent/kubeagent-metrics.ts';
import { cutDown, MIRRORED_KINDS } from '../../kubeagent/projection.ts';
import type { ConfigOf } from '../../runtime/config.ts';
import { duration, flag, integer, text } from '../../runtime/config-values.ts';
import { FlowtapError } from '../../runtime/errors.ts';
import type { KubernetesConnection } from '../../runtime/kubernetes/connect.ts';
import { connectKubernetes } from '../../runtime/kubernetes/connect.ts';
import { LeaseElection } from '../../runtime/kubernetes/lease-election.ts';
import { ListWatch } from '../../runtime/kubernetes/list-watch.ts';
import { ListWatchStates } from '../../runtime/kubernetes/list-watch-observer.ts';
import type { MetricsOf } from '../../runtime/metrics.ts';
import { migrate } from '../../runtime/postgres/migrations.ts';
import { PgSql } from '../../runtime/postgres/pg-sql.ts';
import { retryWhileUnavailable } from '../../runtime/postgres/retry-while-unavailable.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_SUCCESS } from '../exit-codes.ts';
import type { Service } from '../service.ts';
import { startService } from '../service.ts';
import { KUBERNETES_SETTINGS } from './kubernetes-settings.ts';
import { POSTGRES_SETTINGS } from './postgres-settings.ts';
import { SERVICE_SETTINGS } from './service-settings.ts';

export const KUBEAGENT_SETTINGS = {
  ...POSTGRES_SETTINGS,
  ...KUBERNETES_SETTINGS,
  keepMs: {
    flag: '--keep <duration>',
    env: 'FLOWTAP_KEEP',
    parse: duration(60_000),
    default: '1h',
    doc: 'how long names of what is gone are kept, for records that come late',
  },
  clockSkewMs: {
    flag: '--clock-skew <duration>',
    env: 'FLOWTAP_CLOCK_SKEW',
    parse: duration(),
    default: '100ms',
    doc: 'by how much clocks of nodes and of the API server may differ; nearer than this to a change, an address has no name',
  },
  settleMs: {
    flag: '--settle <duration>',
    env: 'FLOWTAP_SETTLE',
    parse: duration(),
    default: '2s',
    doc: 'how long nodes may take to tell the API server of a change, before the state store counts as complete',
  },
  maxQueuedEvents: {
    flag: '--max-queued-events <count>',
    env: 'FLOWTAP_MAX_QUEUED_EVENTS',
    parse: integer(1, 1_000_000),
    default: '10000',
    doc: 'events that wait for the database; beyond, no more are read, and a whole list follows if that lasts',
  },
  leaderElection: {
    flag: '--leader-election <true|false>',
    env: 'FLOWTAP_LEADER_ELECTION',
    parse: flag(),
    default: 'true',
    doc: 'let one of several kubeagents write, by a Lease; off where there is only one',
  },
  leaseNamespace: {
    flag: '--lease-namespace <name>',
    env: 'FLOWTAP_LEASE_NAMESPACE',
    parse: text(),
    doc: "namespace of the Lease (the pod's, or the context's)",
  },
  leaseName: {
    flag: '--lease-name <name>',
    env: 'FLOWTAP_LEASE_NAME',
    parse: text(),
    default: 'flowtap-kubeagent',
    doc: 'name of the Lease, the same for all kubeagents of a state store',
  },
  leaseMs: {
    flag: '--lease-duration <duration>',
    env: 'FLOWTAP_LEASE_DURATION',
    parse: duration(1000),
    default: '15s',
    doc: 'how long a kubeagent that is not heard of keeps the others waiting',
  },
  migrateOnly: {
    flag: '--migrate-only',
    env: 'FLOWTAP_MIGRATE_ONLY',
    parse: flag(),
    default: 'false',
    doc: 'make the tables of the state store, or bring them to this version, and end',
  },
  ...SERVICE_SETTINGS,
} as const;

export type KubeagentConfig = ConfigOf<typeof KUBEAGENT_SETTINGS>;

/** A list of a large cluster is written in one transaction, and one statement of it may take long. */
const STATEMENT_TIMEOUT_MS = 300_000;

/** `flowtap kubeagent`: keeps the state store in step with the cluster, until the signal. */
export async function runKubeagentCommand(config: KubeagentConfig, context: CommandContext): Promise<number> {
  const { clock, signal } = context;
  if (config.postgres === undefined) {
    throw new FlowtapError(
      'CONFIG_INVALID',
      'config',
      '--postgres (FLOWTAP_POSTGRES_URL) must name the state store, such as postgres://flowtap@db:5432/flowtap.',
    );
  }
  const kubernetes = config.migrateOnly
    ? undefined
    : connectKubernetes({
        kubeconfig: config.kubeconfig,
        context: config.context,
        userAgent: `flowtap-kubeagent/${context.version}`,
      });
  const service = await startService('kubeagent', config, context);
  const { log } = service;
  try {
    const sql = await PgSql.open({
      url: config.postgres,
      passwordFile: config.postgresPasswordFile,
      caFile: config.postgresCaFile,
      applicationName: 'flowtap-kubeagent',
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      clock,
      log,
    });
    try {
      await retryWhileUnavailable(() => migrate(sql, log), { clock, log, signal });
      if (kubernetes !== undefined) await mirror(config, context, { kubernetes, service, sql });
    } finally {
      await sql.close();
    }
  } finally {
    kubernetes?.api.close();
    await service.close();
  }
  return EXIT_SUCCESS;
}

async function mirror(
  config: KubeagentConfig,
  { clock, signal }: CommandContext,
  parts: { readonly kubernetes: KubernetesConnection; readonly service: Service; readonly sql: PgSql },
): Promise<void> {
  const { kubernetes, service, sql } = parts;
  const { log } = service;
  const { api, server, namespace } = kubernetes;
  const metrics = service.metrics.define(KUBEAGENT_METRICS);
  const states = new ListWatchStates(clock);
  showStates(states, metrics, () => clock.now());
  const identity = `${hostname()}_${randomBytes(4).toString('hex')}`;
  const agent = new Kubeagent({
    ...{ sql, clock, log, metrics, holder: identity },
    source: new ListWatch({ api, clock, log, observer: states, trim: cutDown }),
    keepMs: config.keepMs,
    skewMs: config.clockSkewMs,
    settleMs: config.settleMs,
    maxQueuedEvents: config.maxQueuedEvents,
    stateOf: (resource) => states.of(resource),
  });
  service.readiness.add('mirror', () => {
    const missing = agent.missingKinds ?? [];
    return missing.length === 0 ? undefined : `not listed yet: ${missing.join(', ')}`;
  });
  log.info({ server, namespace }, 'mirroring the cluster');
  if (!config.leaderElection) return await agent.run(signal);
  const election = new LeaseElection({
    ...{ api, clock, log, identity },
    namespace: config.leaseNamespace ?? namespace,
    name: config.leaseName,
    leaseMs: config.leaseMs,
  });
  await election.run(async (leading) => {
    try {
      await agent.run(leading);
    } catch (error) {
      if (!(error instanceof FlowtapError) || error.code !== 'NOT_THE_WRITER') throw error;
      log.warn({ error }, 'another kubeagent has taken over');
    }
  }, signal);
}

function showStates(
  states: ListWatchStates,
  metrics: MetricsOf<typeof KUBEAGENT_METRICS>,
  now: () => number,
): void {
  for (const resource of MIRRORED_KINDS) {
    const labels = { kind: resource.kind };
    metrics.watchFailures.read(() => states.of(resource).failures, labels);
    metrics.relists.read(() => states.of(resource).relists, labels);
    metrics.badLines.read(() => states.of(resource).badLines, labels);
    metrics.watchAge.read(() => {
      const { lastProgressMs } = states.of(resource);
      return lastProgressMs === undefined ? 0 : (now() - lastProgressMs) / 1000;
    }, labels);
  }
}

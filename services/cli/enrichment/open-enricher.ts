import { readFileSync } from 'node:fs';
import { CachedLossExchange } from '../../enrichment/document/cached-loss-exchange.ts';
import { Enricher } from '../../enrichment/document/enrich-batch.ts';
import type { ENRICHER_METRICS } from '../../enrichment/enricher-metrics.ts';
import type { NameSource } from '../../enrichment/identify/name-source.ts';
import { PostgresNameSource } from '../../enrichment/identify/postgres-name-source.ts';
import { DEFAULT_PROMOTED_LABELS, promotedLabelsProblem } from '../../enrichment/identify/promoted-labels.ts';
import type { PublicAddresses } from '../../enrichment/locate/address-treatment.ts';
import { GeoDatabase } from '../../enrichment/locate/geo-database.ts';
import { FlowtapError } from '../../runtime/errors.ts';
import { watchFiles } from '../../runtime/file-watch.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { Cache } from '../../runtime/memcached/cache.ts';
import { MapCache } from '../../runtime/memcached/map-cache.ts';
import { MemcachedCache } from '../../runtime/memcached/memcached-cache.ts';
import { CachedTranslationStore } from '../../runtime/memcached/translation-store.ts';
import type { MetricsOf } from '../../runtime/metrics.ts';
import { PgSql } from '../../runtime/postgres/pg-sql.ts';
import { retryWhileUnavailable } from '../../runtime/postgres/retry-while-unavailable.ts';
import type { CommandContext } from '../command-context.ts';
import type { EnrichmentConfig } from '../commands/enrichment.ts';

export interface OpenEnricher {
  readonly enricher: Enricher;
  close(): Promise<void>;
}

/** Notifications of the state store: addresses that have another owner now. */
const IDENTITY_CHANNEL = 'flowtap_identity';

/** Longer than the enricher waits for names anyway. */
const STATEMENT_TIMEOUT_MS = 5000;

/** Translations kept in this process where there is no memcached: only those that are inferred here. */
const OWN_TRANSLATIONS = 200_000;

/** A maxmind file is large, and new once a week. */
const GEO_INTERVAL_MS = 60_000;

const NO_NAMES: NameSource = { identify: (queries) => Promise.resolve(queries.map(() => undefined)) };

/**
 * The enricher with its stores, by the settings. A store that is not configured leaves documents without what it knows;
 * one that is away does so until it is back. Throws a FlowtapError CONFIG_INVALID.
 */
export async function openEnricher(
  config: EnrichmentConfig,
  { clock, signal }: CommandContext,
  { log, metrics }: { readonly log: Logger; readonly metrics: MetricsOf<typeof ENRICHER_METRICS> },
): Promise<OpenEnricher> {
  const sql =
    config.postgres === undefined
      ? undefined
      : await PgSql.open({
          url: config.postgres,
          passwordFile: config.postgresPasswordFile,
          caFile: config.postgresCaFile,
          applicationName: 'flowtap-enrichment',
          statementTimeoutMs: STATEMENT_TIMEOUT_MS,
          clock,
          log,
        });
  const connect = (port: 'nat' | 'loss'): Cache | undefined =>
    config.memcached &&
    new MemcachedCache(config.memcached, {
      clock,
      log,
      timeoutMs: config.memcachedTimeoutMs,
      observer: { failed: (cause, operations) => metrics.cacheFailures.add(operations, { port, cause }) },
    });
  const memcached = connect('nat');
  // On connections of its own: translations never wait behind it.
  const losses = connect('loss');
  if (sql === undefined) log.warn('documents have no Kubernetes names: there is no --postgres');
  if (memcached === undefined)
    log.warn('documents name services, not the pods behind them: there is no --memcached');
  const enricher = new Enricher({
    clock,
    names: sql === undefined ? NO_NAMES : new PostgresNameSource(sql),
    translations: new CachedTranslationStore(memcached ?? new MapCache(clock, OWN_TRANSLATIONS)),
    losses: losses && new CachedLossExchange(losses),
    geo: await openGeo(config, { clock, signal, log }),
    cluster: config.cluster,
    clusterDomain: config.clusterDomain,
    dataStreamNamespace: config.dataStreamNamespace,
    communityIdSeed: config.communityIdSeed,
    inferTranslations: config.inferTranslations,
    site: config.site,
    internalRanges: config.internalRanges,
    publicAddresses: readPublicAddresses(config),
    promotedLabels: promotedLabels(config),
    // Without names there is nothing to wait for.
    settleMs: sql === undefined ? 0 : config.settleMs,
    translationWaitMs: config.translationWaitMs,
    onPortFailure: (port, error) =>
      log.warn({ error, port }, 'a store did not answer; documents lack what it knows'),
  });
  if (sql !== undefined) void followChanges(sql, enricher, { clock, signal, log });
  return {
    enricher,
    async close() {
      memcached?.close();
      losses?.close();
      await sql?.close();
    },
  };
}

type Following = Pick<CommandContext, 'clock' | 'signal'> & { readonly log: Logger };

async function followChanges(sql: PgSql, enricher: Enricher, following: Following): Promise<void> {
  const listen = (): Promise<void> =>
    sql.listen(
      IDENTITY_CHANNEL,
      (payload) => enricher.identitiesChanged(payload),
      following.signal,
      () => enricher.identitiesChanged('*'),
    );
  try {
    await retryWhileUnavailable(listen, following);
    // What was remembered before may have changed since.
    enricher.identitiesChanged('*');
  } catch (error) {
    following.log.error({ error }, 'changes of names are not followed; names may be old for a while');
  }
}

async function openGeo(
  config: EnrichmentConfig,
  { clock, signal, log }: Following,
): Promise<GeoDatabase | undefined> {
  const { geoCityFile: cityFile, geoAsnFile: asnFile } = config;
  if (cityFile === undefined && asnFile === undefined) return undefined;
  const geo = new GeoDatabase({ cityFile, asnFile });
  try {
    await geo.load();
  } catch (cause) {
    const message = `--geo-city-file and --geo-asn-file must be files in MaxMind's format: ${(cause as Error).message}.`;
    throw new FlowtapError('CONFIG_INVALID', 'config', message, { cause });
  }
  void watchFiles({
    paths: geo.paths,
    clock,
    signal,
    intervalMs: GEO_INTERVAL_MS,
    compare: 'status',
    onChange: () => geo.load(),
    onError: (error) => log.warn({ error }, 'a new GeoIP file cannot be read; the former one stays in use'),
  });
  return geo;
}

function readPublicAddresses(config: EnrichmentConfig): PublicAddresses {
  const { publicAddresses: treatment, publicAddressesKeyFile: path } = config;
  if (treatment === 'keep') return { treatment };
  if (path === undefined) {
    const message = `--public-addresses ${treatment} needs a secret in --public-addresses-key-file.`;
    throw new FlowtapError('CONFIG_INVALID', 'config', message);
  }
  const key = readKey(path);
  if (key.length >= MIN_KEY_LENGTH) return { treatment, key };
  const message = `--public-addresses-key-file ${path} must hold at least ${MIN_KEY_LENGTH} characters.`;
  throw new FlowtapError('CONFIG_INVALID', 'config', message);
}

/** Shorter ones can be tried. */
const MIN_KEY_LENGTH = 16;

function readKey(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    const message = `--public-addresses-key-file ${path} cannot be read: ${(cause as Error).message}.`;
    throw new FlowtapError('CONFIG_INVALID', 'config', message, { cause });
  }
}

function promotedLabels({ promoteLabels = [] }: EnrichmentConfig): typeof DEFAULT_PROMOTED_LABELS {
  const labels = [...DEFAULT_PROMOTED_LABELS, ...promoteLabels];
  const problem = promotedLabelsProblem(labels);
  if (problem === undefined) return labels;
  throw new FlowtapError('CONFIG_INVALID', 'config', `--promote-labels cannot be used: ${problem}`);
}

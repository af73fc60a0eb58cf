import type { TestElasticsearch } from '../../servers/elasticsearch.ts';
import { elasticsearchUnavailable, startElasticsearch } from '../../servers/elasticsearch.ts';
import type { TestMemcached } from '../../servers/memcached.ts';
import { memcachedUnavailable, startMemcached } from '../../servers/memcached.ts';
import type { TestPostgres } from '../../servers/postgres.ts';
import { postgresUnavailable, startPostgres } from '../../servers/postgres.ts';
import type { Relay } from './relay.ts';
import { startRelay } from './relay.ts';

/** Why they cannot be started here, in a sentence; undefined where they can. */
export function clusterStoresUnavailable(): string | undefined {
  return postgresUnavailable() ?? memcachedUnavailable() ?? elasticsearchUnavailable();
}

/** The servers that flowtap keeps its state in, outside of the cluster, where nodes and pods reach them. */
export class ClusterStores {
  readonly elasticsearch: TestElasticsearch;
  /** What `helm install` is told of them: `memcached.servers={198.18.0.1:11211}`. */
  readonly chartSettings: readonly string[];
  readonly #stops: readonly (() => Promise<void>)[];

  private constructor(
    elasticsearch: TestElasticsearch,
    chartSettings: readonly string[],
    stops: readonly (() => Promise<void>)[],
  ) {
    this.elasticsearch = elasticsearch;
    this.chartSettings = chartSettings;
    this.#stops = stops;
  }

  /** @param address of this machine, as nodes and pods reach it */
  static async start(address: string): Promise<ClusterStores> {
    const starting = [startPostgres(), startMemcached(address), startElasticsearch()] as const;
    // All of them, so that none starts after the end of another's failure.
    const settled = await Promise.allSettled(starting);
    try {
      const stores = await Promise.all(starting);
      const [postgres, memcached, elasticsearch] = stores;
      const relays = [
        await startRelay(address, portOf(postgres.url)),
        // By way of what the templates need: elasticsearch-limits.ts.
        await startRelay(address, portOf(elasticsearch.setupUrl)),
      ];
      const stops = [...relays.map((relay) => () => relay.close()), ...stores.map((store) => store.stop)];
      return new ClusterStores(elasticsearch, chartSettings(postgres, memcached, relays), stops);
    } catch (error) {
      for (const result of settled) if (result.status === 'fulfilled') await result.value.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#stops.map((stop) => stop()));
  }
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function chartSettings(
  postgres: TestPostgres,
  memcached: TestMemcached,
  [postgresRelay, elasticsearchRelay]: readonly Relay[],
): readonly string[] {
  const database = new URL(postgres.url);
  database.host = postgresRelay.address;
  return [
    `postgres.url=${database.href}`,
    `memcached.servers={${memcached.address}}`,
    `elasticsearch.urls={http://${elasticsearchRelay.address}}`,
    'elasticsearch.setup.enabled=true',
    'elasticsearch.setup.settings.FLOWTAP_REPLICAS=0',
  ];
}

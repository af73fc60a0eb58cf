import type { TestElasticsearch } from './elasticsearch.ts';
import { startElasticsearch } from './elasticsearch.ts';
import { SHARED_SERVERS_VARIABLE } from './shared-servers.ts';

export type SharedElasticsearch = Pick<TestElasticsearch, 'url' | 'setupUrl'>;

/** Of this process, where no test run shares one: a bench, a trial. */
let own: Promise<TestElasticsearch> | undefined;

/**
 * The Elasticsearch of this test run; it starts when the first test file asks. Give hooks that ask
 * ELASTICSEARCH_START_MS, and what a test writes a name of its own.
 */
export async function sharedElasticsearch(): Promise<SharedElasticsearch> {
  const sharer = process.env[SHARED_SERVERS_VARIABLE];
  if (sharer === undefined) {
    own ??= startElasticsearch();
    return await own;
  }
  const response = await fetch(sharer);
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return JSON.parse(text);
}

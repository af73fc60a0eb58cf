import { randomBytes } from 'node:crypto';
import type { EnrichedDocument } from '../../services/enrichment/document/enriched-document.ts';
import { questionDocuments } from '../fixtures/question-traffic.ts';
import { sharedElasticsearch } from '../servers/shared-elasticsearch.ts';
import { bulkCreate } from './bulk-create.ts';
import { setUpElasticsearch } from './set-up-elasticsearch.ts';

/** The documents of question-traffic.ts in streams of their own, of the last minutes. */
export interface QuestionStreams {
  readonly url: string;
  /** Of the data streams. */
  readonly namespace: string;
  readonly documents: readonly EnrichedDocument[];
  /** What a command is told by its environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** Give the hook ELASTICSEARCH_START_MS. */
export async function writeQuestionStreams(test: string): Promise<QuestionStreams> {
  const { url, setupUrl } = await sharedElasticsearch();
  await setUpElasticsearch(setupUrl);
  const namespace = `${test}_${randomBytes(4).toString('hex')}`;
  const documents = await questionDocuments(namespace, Date.now() - 60_000);
  await bulkCreate(url, documents);
  const env = { FLOWTAP_ELASTICSEARCH_URL: url, FLOWTAP_DATA_STREAM_NAMESPACE: namespace };
  return { url, namespace, documents, env };
}

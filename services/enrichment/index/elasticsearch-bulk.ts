import type { Client } from '@elastic/elasticsearch';
import { errors } from '@elastic/elasticsearch';
import { elasticsearchFailure } from '../../runtime/elasticsearch/elasticsearch-failure.ts';
import type { EnrichedDocument } from '../document/enriched-document.ts';
import type { BulkAnswer, BulkItem, BulkTarget } from './bulk-target.ts';

export interface ElasticsearchBulkOptions {
  readonly client: Client;
  /** After so long without an answer the request has failed. */
  readonly requestTimeoutMs: number;
  /** An index template without which nothing is written: Elasticsearch would guess the types of all fields. */
  readonly requiredTemplate: string;
}

/** An item of the answer, whatever its operation. */
interface AnswerItem {
  readonly create: {
    readonly status: number;
    readonly error?: {
      readonly type?: string;
      readonly reason?: string;
      readonly caused_by?: { reason?: string };
    };
  };
}

/** Keeps an answer to a few bytes a document. Statuses of all are needed, or errors could not be told apart. */
const WANTED_FIELDS = [
  'errors',
  'items.*.status',
  'items.*.error.type',
  'items.*.error.reason',
  'items.*.error.caused_by.reason',
];

/** Bulk requests of `create` operations, for data streams. The documents' bodies go as they are. */
export class ElasticsearchBulk implements BulkTarget {
  readonly #options: ElasticsearchBulkOptions;
  #hasTemplate = false;

  constructor(options: ElasticsearchBulkOptions) {
    this.#options = options;
  }

  async send(documents: readonly EnrichedDocument[], signal: AbortSignal): Promise<BulkAnswer> {
    const { client, requestTimeoutMs, requiredTemplate } = this.#options;
    // Attempts are the caller's, who knows what became of each document.
    const options = { signal, maxRetries: 0, requestTimeout: requestTimeoutMs };
    try {
      this.#hasTemplate ||= await this.#mayWrite(options);
      if (!this.#hasTemplate) {
        const reason = `the index template ${requiredTemplate} is missing: run \`flowtap setup elasticsearch\``;
        return { kind: 'failed', reason, retryAfterMs: undefined };
      }
      const answer = await client.transport.request<{ readonly items?: readonly AnswerItem[] }>(
        {
          method: 'POST',
          path: '/_bulk',
          querystring: { filter_path: WANTED_FIELDS.join(','), require_data_stream: true },
          bulkBody: bulkBody(documents),
        },
        options,
      );
      const items = (answer.items ?? []).map(toItem);
      if (items.length === documents.length) return { kind: 'items', items };
      const reason = `a bulk answer of ${items.length} items to ${documents.length} documents`;
      return { kind: 'failed', reason, retryAfterMs: undefined };
    } catch (error) {
      return failure(error);
    }
  }

  async #mayWrite(options: { readonly signal: AbortSignal }): Promise<boolean> {
    try {
      return await this.#options.client.indices.existsIndexTemplate(
        { name: this.#options.requiredTemplate },
        options,
      );
    } catch (error) {
      // Who may only write may not ask: then somebody else has set it up.
      if (error instanceof errors.ResponseError && error.statusCode === 403) return true;
      throw error;
    }
  }
}

/** Newline-delimited: an action, then its document. */
export function bulkBody(documents: readonly EnrichedDocument[]): string {
  let body = '';
  let stream: string | undefined;
  let action = '';
  for (const document of documents) {
    if (document.stream !== stream) {
      stream = document.stream;
      action = `{"create":{"_index":${JSON.stringify(stream)},"_id":`;
    }
    body += `${action}${JSON.stringify(document.id)}}}\n${document.body}\n`;
  }
  return body;
}

function toItem({ create: { status, error } }: AnswerItem): BulkItem {
  if (error === undefined) return { status };
  const cause = error.caused_by?.reason;
  return {
    status,
    type: error.type,
    reason: cause === undefined ? error.reason : `${error.reason ?? ''} (${cause})`,
  };
}

function failure(error: unknown): BulkAnswer {
  const { message: reason } = elasticsearchFailure(error, 'index documents');
  if (!(error instanceof errors.ResponseError)) return { kind: 'failed', reason, retryAfterMs: undefined };
  if (error.statusCode === 413) return { kind: 'too_large', reason };
  const seconds = Number(error.headers?.['retry-after']);
  return { kind: 'failed', reason, retryAfterMs: seconds > 0 ? seconds * 1000 : undefined };
}

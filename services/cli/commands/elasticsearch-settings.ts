import type { ConfigOf } from '../../runtime/config.ts';
import { duration, flag, list, text } from '../../runtime/config-values.ts';
import type { ElasticsearchAccess } from '../../runtime/elasticsearch/elasticsearch-client.ts';
import { FlowtapError } from '../../runtime/errors.ts';

/** How a command reaches Elasticsearch. */
export const ELASTICSEARCH_SETTINGS = {
  elasticsearch: {
    flag: '--elasticsearch <urls...>',
    env: 'FLOWTAP_ELASTICSEARCH_URL',
    parse: list(text()),
    doc: 'URLs of Elasticsearch, of one or more nodes of a cluster, such as https://elasticsearch:9200',
    secret: true,
  },
  elasticsearchApiKeyFile: {
    flag: '--elasticsearch-api-key-file <path>',
    env: 'FLOWTAP_ELASTICSEARCH_API_KEY_FILE',
    parse: text(),
    doc: 'file with an API key for Elasticsearch in its encoded form',
  },
  elasticsearchUsername: {
    flag: '--elasticsearch-username <name>',
    env: 'FLOWTAP_ELASTICSEARCH_USERNAME',
    parse: text(),
    doc: 'user of Elasticsearch, where there is no API key',
  },
  elasticsearchPasswordFile: {
    flag: '--elasticsearch-password-file <path>',
    env: 'FLOWTAP_ELASTICSEARCH_PASSWORD_FILE',
    parse: text(),
    doc: "file with that user's password",
  },
  elasticsearchCaFile: {
    flag: '--elasticsearch-ca-file <path>',
    env: 'FLOWTAP_ELASTICSEARCH_CA_FILE',
    parse: text(),
    doc: "PEM file of the authority that signed Elasticsearch's certificate (the public authorities)",
  },
  elasticsearchTimeoutMs: {
    flag: '--elasticsearch-timeout <duration>',
    env: 'FLOWTAP_ELASTICSEARCH_TIMEOUT',
    parse: duration(100),
    default: '30s',
    doc: 'how long Elasticsearch may take to answer a request',
  },
  elasticsearchCompression: {
    flag: '--elasticsearch-compression',
    env: 'FLOWTAP_ELASTICSEARCH_COMPRESSION',
    parse: flag(),
    default: 'false',
    doc: 'send to Elasticsearch with gzip: less traffic for more processor time',
  },
} as const;

export type ElasticsearchConfig = ConfigOf<typeof ELASTICSEARCH_SETTINGS>;

/** What the client takes. Throws a FlowtapError CONFIG_INVALID where no URL is set. */
export function elasticsearchAccess(config: ElasticsearchConfig, userAgent: string): ElasticsearchAccess {
  const { elasticsearch: urls } = config;
  if (urls === undefined || urls.length === 0) {
    const message =
      '--elasticsearch (FLOWTAP_ELASTICSEARCH_URL) must name an Elasticsearch, such as https://elasticsearch:9200.';
    throw new FlowtapError('CONFIG_INVALID', 'config', message);
  }
  return {
    urls,
    apiKeyFile: config.elasticsearchApiKeyFile,
    username: config.elasticsearchUsername,
    passwordFile: config.elasticsearchPasswordFile,
    caFile: config.elasticsearchCaFile,
    requestTimeoutMs: config.elasticsearchTimeoutMs,
    isCompressed: config.elasticsearchCompression,
    userAgent,
  };
}

import { readFileSync } from 'node:fs';
import type { ClientOptions } from '@elastic/elasticsearch';
import { Client, SniffingTransport } from '@elastic/elasticsearch';
import { FlowtapError } from '../errors.ts';

/** How to reach Elasticsearch. */
export interface ElasticsearchAccess {
  /** Of nodes of one cluster, each with or without a path; user and password in one are taken out of it. */
  readonly urls: readonly string[];
  /** The encoded form of an API key, as Elasticsearch and Kibana show it once. */
  readonly apiKeyFile?: string | undefined;
  readonly username?: string | undefined;
  readonly passwordFile?: string | undefined;
  /** PEM; without it the public authorities. */
  readonly caFile?: string | undefined;
  readonly requestTimeoutMs: number;
  /** Bodies of requests with gzip. */
  readonly isCompressed: boolean;
  /** `flowtap-enrichment/1.2.3`, for the server's logs. */
  readonly userAgent: string;
}

type TransportOptions = ConstructorParameters<typeof SniffingTransport>[0];
type Auth = NonNullable<ClientOptions['auth']>;

const MAX_RETRIES = 3;

/**
 * The media types of version 8, which servers of versions 8 and 9 take. Those of the package's own version are refused
 * by a server of the version before.
 */
class CompatibleTransport extends SniffingTransport {
  constructor(options: TransportOptions) {
    super({
      ...options,
      vendoredHeaders: {
        jsonContentType: 'application/vnd.elasticsearch+json; compatible-with=8',
        ndjsonContentType: 'application/vnd.elasticsearch+x-ndjson; compatible-with=8',
        accept: 'application/vnd.elasticsearch+json; compatible-with=8,text/plain',
      },
    });
  }
}

/**
 * A client that has connected to nothing yet. Files are read now; whoever changes one starts the service anew. Throws a
 * FlowtapError CONFIG_INVALID that says which setting cannot be used.
 */
export function elasticsearchClient(access: ElasticsearchAccess): Client {
  const { caFile, requestTimeoutMs, isCompressed, userAgent } = access;
  const nodes = access.urls.map(readUrl);
  const auth = readAuth(access, nodes);
  return new Client({
    nodes: nodes.map(({ href }) => href),
    ...(auth !== undefined && { auth }),
    ...(caFile !== undefined && { tls: { ca: readSecret('--elasticsearch-ca-file', caFile) } }),
    Transport: CompatibleTransport,
    requestTimeout: requestTimeoutMs,
    compression: isCompressed,
    maxRetries: MAX_RETRIES,
    headers: { 'user-agent': userAgent },
    redaction: { type: 'remove' },
  });
}

interface NodeAddress {
  /** Without user and password. */
  readonly href: string;
  readonly username: string;
  readonly password: string;
}

function readUrl(text: string): NodeAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:') || url.search !== '') {
    // The text is not repeated: it may hold a password.
    throw invalid(
      '--elasticsearch (FLOWTAP_ELASTICSEARCH_URL) must be URLs such as https://elasticsearch:9200.',
    );
  }
  const username = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  url.username = '';
  url.password = '';
  return { href: url.href, username, password };
}

function readAuth(access: ElasticsearchAccess, nodes: readonly NodeAddress[]): Auth | undefined {
  const { apiKeyFile, passwordFile } = access;
  const inUrl = nodes.find(({ username }) => username !== '');
  const username = access.username ?? inUrl?.username;
  if (apiKeyFile !== undefined) {
    if (username === undefined && passwordFile === undefined) {
      return { apiKey: readSecret('--elasticsearch-api-key-file', apiKeyFile) };
    }
    throw invalid('Either --elasticsearch-api-key-file or a user and a password is to be given, not both.');
  }
  if (username === undefined) {
    if (passwordFile === undefined) return undefined;
    throw invalid('--elasticsearch-password-file needs --elasticsearch-username.');
  }
  if (passwordFile !== undefined) {
    return { username, password: readSecret('--elasticsearch-password-file', passwordFile) };
  }
  if (inUrl !== undefined && username === inUrl.username) return { username, password: inUrl.password };
  throw invalid('--elasticsearch-username needs --elasticsearch-password-file.');
}

function readSecret(flag: string, path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw invalid(`${flag}: ${path} cannot be read: ${(cause as Error).message}.`, cause);
  }
  if (text === '') throw invalid(`${flag}: ${path} is empty.`);
  return text;
}

function invalid(message: string, cause?: unknown): FlowtapError {
  return new FlowtapError('CONFIG_INVALID', 'config', message, { cause });
}

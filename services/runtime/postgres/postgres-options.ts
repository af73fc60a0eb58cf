import { readFile } from 'node:fs/promises';
import type { ClientConfig } from 'pg';

const CONNECT_TIMEOUT_MS = 5000;

/** How much later than it should end a statement the server may answer, before its connection is given up. */
const ANSWER_GRACE_MS = 2000;

/** After so much silence the kernel asks whether the server is still there. */
const KEEP_ALIVE_MS = 30_000;

/** pg's options for a server. A password from a file is read at each connection. */
export function postgresOptions(access: {
  readonly url: string;
  readonly passwordFile?: string | undefined;
  readonly ca: string | undefined;
  readonly applicationName: string;
  readonly statementTimeoutMs: number;
}): ClientConfig {
  const { url, passwordFile, ca, applicationName, statementTimeoutMs } = access;
  const options: ClientConfig = {
    connectionString: withoutTlsWords(url, ca !== undefined),
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    statement_timeout: statementTimeoutMs,
    // A server that is gone without a word ends nothing: the network takes a quarter of an hour to tell of it.
    ...(statementTimeoutMs > 0 && { query_timeout: statementTimeoutMs + ANSWER_GRACE_MS }),
  };
  if (passwordFile !== undefined)
    options.password = async () => (await readFile(passwordFile, 'utf8')).trim();
  if (ca !== undefined) options.ssl = { ca, rejectUnauthorized: true };
  return options;
}

/** pg prefers what the URL says of TLS to its option `ssl`, so a URL with both would lose the authority. */
function withoutTlsWords(url: string, hasCa: boolean): string {
  if (!hasCa || !URL.canParse(url)) return url;
  const parsed = new URL(url);
  for (const name of [...parsed.searchParams.keys()]) {
    if (name.startsWith('ssl')) parsed.searchParams.delete(name);
  }
  return parsed.toString();
}

/** The server and database of a URL, without user and password, for messages. */
export function postgresAddress(url: string): string {
  if (!URL.canParse(url)) return 'the address in --postgres';
  const { host, pathname, searchParams } = new URL(url);
  return `${host || (searchParams.get('host') ?? 'localhost')}${pathname}`;
}

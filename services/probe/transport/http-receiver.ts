import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Connector } from './connector.ts';
import type { Receiver, ReceiverAnswer } from './receiver.ts';
import type { ClientTls } from './secure-connection.ts';
import { SecureConnections } from './secure-connection.ts';

export interface HttpReceiverOptions {
  /** http: or https:. */
  readonly url: URL;
  /** Read anew for each delivery, as tokens of Kubernetes are replaced every hour. */
  readonly tokenFile: string | undefined;
  readonly tls: ClientTls;
  readonly connector: Connector;
  /** From the connection to the end of the answer. */
  readonly timeoutMs: number;
  /** Kept while nothing is sent. */
  readonly maxConnections: number;
  readonly userAgent: string;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** Of the answer; the rest is read and thrown away. */
const MAX_ANSWER_CHARACTERS = 16 * 1024;

/** Sends deliveries by HTTP over connections that are kept. */
export class HttpReceiver implements Receiver {
  readonly #options: HttpReceiverOptions;
  readonly #agent: Agent;
  readonly #host: string;
  readonly #port: number;
  readonly #closed = new AbortController();

  constructor(options: HttpReceiverOptions) {
    const { url, connector, tls, maxConnections } = options;
    this.#options = options;
    this.#host = url.hostname.replace(/^\[(.*)\]$/, '$1');
    this.#port = url.port === '' ? DEFAULT_PORTS[url.protocol] : Number(url.port);
    const secure = url.protocol === 'https:' ? new SecureConnections(this.#host, tls) : undefined;
    this.#agent = new ConnectingAgent(maxConnections, async () => {
      const signal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(options.timeoutMs)]);
      const socket = await connector.connect(this.#host, this.#port, signal);
      return secure === undefined ? socket : await secure.over(socket, signal);
    });
  }

  async send(body: Uint8Array, signal: AbortSignal): Promise<ReceiverAnswer> {
    const { tokenFile, timeoutMs, userAgent } = this.#options;
    const token = tokenFile === undefined ? undefined : await readToken(tokenFile);
    const headers = {
      'content-type': 'application/x-ndjson',
      'content-encoding': 'gzip',
      'content-length': body.byteLength,
      'user-agent': userAgent,
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    };
    const ending = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      return await this.#post(body, headers, ending);
    } catch (error) {
      if (signal.aborted || !ending.aborted) throw error;
      throw new Error(`no answer within ${timeoutMs} ms`, { cause: error });
    }
  }

  close(): void {
    this.#closed.abort();
    this.#agent.destroy();
  }

  /** Once more where the receiver had closed a connection that was kept, before it saw the request. */
  async #post(
    body: Uint8Array,
    headers: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
  ): Promise<ReceiverAnswer> {
    try {
      return await this.#postOnce(body, headers, signal);
    } catch (error) {
      if (signal.aborted || !(error instanceof StaleConnection)) throw error;
      return await this.#postOnce(body, headers, signal);
    }
  }

  #postOnce(
    body: Uint8Array,
    headers: Readonly<Record<string, string | number>>,
    signal: AbortSignal,
  ): Promise<ReceiverAnswer> {
    const { url } = this.#options;
    let abandon = (): void => undefined;
    return new Promise<ReceiverAnswer>((resolve, reject) => {
      const posting = request({
        agent: this.#agent,
        host: this.#host,
        port: this.#port,
        path: `${url.pathname}${url.search}`,
        method: 'POST',
        headers: { host: url.host, ...headers },
        signal,
      });
      posting.on('error', (error) => {
        reject(posting.reusedSocket && isClosedByPeer(error) ? new StaleConnection(error) : error);
      });
      posting.on('response', (response) => readAnswer(response).then(resolve, reject));
      // A request that has no connection yet says nothing when it is aborted.
      abandon = () => reject(signal.reason);
      signal.addEventListener('abort', abandon);
      posting.end(body);
    }).finally(() => signal.removeEventListener('abort', abandon));
  }
}

class StaleConnection extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

function isClosedByPeer(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ECONNRESET' || error.code === 'EPIPE';
}

async function readToken(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (cause) {
    throw new Error(`the token file cannot be read: ${(cause as Error).message}`, { cause });
  }
}

async function readAnswer(response: IncomingMessage): Promise<ReceiverAnswer> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response as AsyncIterable<string>) {
    if (text.length < MAX_ANSWER_CHARACTERS) text += chunk;
  }
  const { statusCode = 0, headers } = response;
  return { status: statusCode, retryAfter: headers['retry-after'], text };
}

/**
 * An agent whose connections are made elsewhere. It never lets a request wait for another's connection: where both
 * fail, Node.js tells only the first that waits. There are as many at once as there are requests.
 */
class ConnectingAgent extends Agent {
  readonly #connect: () => Promise<Duplex>;

  constructor(maxFreeSockets: number, connect: () => Promise<Duplex>) {
    super({ keepAlive: true, maxFreeSockets });
    this.#connect = connect;
  }

  override createConnection(
    _options: unknown,
    done?: (error: Error | null, stream: Duplex) => void,
  ): undefined {
    this.#connect().then(
      (stream) => done?.(null, stream),
      (error: Error) => done?.(error, undefined as never),
    );
    return undefined;
  }
}

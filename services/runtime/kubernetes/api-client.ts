import type { IncomingMessage, RequestOptions } from 'node:http';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { FlowtapError } from '../errors.ts';

/** Requests to the API server. An answer of any status is an answer; only a failed connection throws. */
export interface KubernetesApi {
  request(request: ApiRequest): Promise<ApiAnswer>;
  /** The answer's body as it arrives. Ends with the body; throws when the connection fails or the signal is aborted. */
  stream(request: ApiRequest): Promise<ApiStream>;
  /** Closes idle connections. */
  close(): void;
}

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/api/v1/pods`, or below it. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** `application/merge-patch+json` and its like; `application/json` else. */
  readonly contentType?: string;
  readonly signal: AbortSignal;
  /** How long the server may take for its answer; of a stream, for its head. */
  readonly timeoutMs?: number;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Parsed JSON; the text itself where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: any kind of object
  readonly body: any;
}

export interface ApiStream {
  readonly status: number;
  readonly headers: ApiAnswer['headers'];
  readonly chunks: AsyncIterable<Buffer>;
}

const REQUEST_TIMEOUT_MS = 30_000;

/** The API server of a kubeconfig's current context. Credentials are asked for at every request, so they renew. */
export class KubernetesClient implements KubernetesApi {
  readonly #config: KubeConfig;
  readonly #server: URL;
  readonly #userAgent: string;
  #agent: { destroy(): void } | undefined;

  constructor(config: KubeConfig, server: URL, userAgent: string) {
    this.#config = config;
    this.#server = server;
    this.#userAgent = userAgent;
  }

  async request(request: ApiRequest): Promise<ApiAnswer> {
    const timeout = AbortSignal.timeout(request.timeoutMs ?? REQUEST_TIMEOUT_MS);
    const signal = AbortSignal.any([request.signal, timeout]);
    try {
      const answer = await this.#send(request, signal);
      const text = Buffer.concat(await answer.toArray({ signal })).toString('utf8');
      return { status: answer.statusCode ?? 0, headers: answer.headers, body: parseBody(text) };
    } catch (cause) {
      throw this.#unreachable(request, timeout.aborted ? timeout.reason : cause);
    }
  }

  async stream(request: ApiRequest): Promise<ApiStream> {
    const ending = new AbortController();
    const head = setTimeout(() => ending.abort(), request.timeoutMs ?? REQUEST_TIMEOUT_MS);
    try {
      const answer = await this.#send(request, AbortSignal.any([request.signal, ending.signal]));
      return { status: answer.statusCode ?? 0, headers: answer.headers, chunks: answer };
    } catch (cause) {
      throw this.#unreachable(request, cause);
    } finally {
      clearTimeout(head);
    }
  }

  close(): void {
    this.#agent?.destroy();
  }

  async #send(request: ApiRequest, signal: AbortSignal): Promise<IncomingMessage> {
    const options: RequestOptions = { headers: {} };
    await this.#config.applyToHTTPSOptions(options);
    signal.throwIfAborted();
    this.#agent = options.agent as { destroy(): void };
    const url = new URL(this.#server);
    url.pathname = `${url.pathname.replace(/\/$/, '')}${request.path}`;
    for (const [name, value] of Object.entries(request.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    const headers: Record<string, string | number> = {
      ...(options.headers as Record<string, string>),
      accept: 'application/json',
      'user-agent': this.#userAgent,
    };
    if (body !== undefined) {
      headers['content-type'] = request.contentType ?? 'application/json';
      headers['content-length'] = Buffer.byteLength(body);
    }
    const send = url.protocol === 'http:' ? requestHttp : requestHttps;
    return await new Promise((resolve, reject) => {
      send(url, { ...options, method: request.method ?? 'GET', headers, signal })
        .on('response', resolve)
        .on('error', reject)
        .end(body);
    });
  }

  #unreachable(request: ApiRequest, cause: unknown): unknown {
    if (request.signal.aborted) return cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new FlowtapError(
      'KUBERNETES_UNREACHABLE',
      'kubernetes',
      `The API server ${this.#server.origin} did not answer ${request.method ?? 'GET'} ${request.path}: ${reason}. Check that it runs, and the network on the way.`,
      { cause },
    );
  }
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

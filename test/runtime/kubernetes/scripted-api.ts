import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { KubernetesClient } from '../../../services/runtime/kubernetes/api-client.ts';

export interface ScriptedRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly response: ServerResponse;
}

/** An API server whose answers a test gives, one after the other; each answer gets one request. */
export class ScriptedApi {
  readonly #server: Server;
  readonly #answers: ((request: ScriptedRequest) => void)[] = [];
  readonly requests: { readonly path: string; readonly query: URLSearchParams }[] = [];
  readonly client: KubernetesClient;

  private constructor(server: Server) {
    this.#server = server;
    const { port } = server.address() as AddressInfo;
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      { name: 'scripted', server: `http://127.0.0.1:${port}`, skipTLSVerify: true },
      { name: 'nobody', token: 'secret' },
    );
    this.client = new KubernetesClient(config, new URL(`http://127.0.0.1:${port}`), 'test');
    server.on('request', (request: IncomingMessage, response: ServerResponse) =>
      this.#serve(request, response),
    );
  }

  static async start(): Promise<ScriptedApi> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new ScriptedApi(server);
  }

  /** The answers to the next requests. When they are used up, requests are left without an answer. */
  answer(...answers: readonly ((request: ScriptedRequest) => void)[]): void {
    this.#answers.push(...answers);
  }

  close(): Promise<void> {
    this.client.close();
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://server');
    this.requests.push({ path: url.pathname, query: url.searchParams });
    this.#answers.shift()?.({ path: url.pathname, query: url.searchParams, response });
  }
}

export function json(status: number, body: unknown): (request: ScriptedRequest) => void {
  return ({ response }) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
}

export function listOf(names: readonly string[], resourceVersion: string, continuation?: string) {
  return json(200, {
    metadata: { resourceVersion, continue: continuation },
    items: names.map((name) => pod(name, resourceVersion)),
  });
}

/** A watch that says these lines; then it is ended, cut, or stays silent. */
export function watchOf(lines: readonly unknown[], then: 'end' | 'cut' | 'silence' = 'end') {
  return ({ response }: ScriptedRequest): void => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
    // What is cut has no end of its last line.
    response.write(then === 'cut' || text === '' ? text : `${text}\n`);
    if (then === 'end') response.end();
    if (then === 'cut') setImmediate(() => response.destroy());
  };
}

export function pod(name: string, resourceVersion: string) {
  return {
    metadata: {
      uid: `uid-${name}`,
      name,
      namespace: 'default',
      resourceVersion,
      managedFields: [{ manager: 'kubectl' }],
    },
  };
}

export function change(type: string, name: string, resourceVersion: string) {
  return { type, object: pod(name, resourceVersion) };
}

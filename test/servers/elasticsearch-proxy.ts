import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { holdsMappings, withPresentTypes } from './elasticsearch-limits.ts';

export interface ElasticsearchProxy {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Stands before an Elasticsearch that lacks some field types, and puts others into the mappings that pass. For programs
 * that install templates; documents and searches need not pass here, but may.
 */
export async function startElasticsearchProxy(target: string): Promise<ElasticsearchProxy> {
  const server = createServer((incoming, outgoing) => {
    forward(target, incoming, outgoing).catch((error) => fail(outgoing, error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.close();
      server.closeAllConnections();
      if (server.listening) await once(server, 'close');
    },
  };
}

async function forward(target: string, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  const { method = 'GET', headers } = incoming;
  const url = new URL(incoming.url ?? '/', target);
  const { host: _, ...passed } = headers;
  if (!holdsMappings(method, url.pathname)) {
    const onward = request(url, { method, headers: passed });
    const answer = once(onward, 'response') as Promise<[IncomingMessage]>;
    const [[response]] = await Promise.all([answer, pipeline(incoming, onward)]);
    return await answerWith(response, outgoing);
  }
  const body = rewritten(await buffer(incoming));
  delete passed['transfer-encoding'];
  const onward = request(url, { method, headers: { ...passed, 'content-length': body.length } });
  onward.end(body);
  const [response] = (await once(onward, 'response')) as [IncomingMessage];
  await answerWith(response, outgoing);
}

function rewritten(body: Buffer): Buffer {
  if (body.length === 0) return body;
  try {
    return Buffer.from(JSON.stringify(withPresentTypes(JSON.parse(body.toString()))));
  } catch {
    // Not JSON: the server says what is wrong with it.
    return body;
  }
}

async function answerWith(response: IncomingMessage, outgoing: ServerResponse): Promise<void> {
  outgoing.writeHead(response.statusCode ?? 502, response.headers);
  await pipeline(response, outgoing);
}

/** As an address where nothing listens: the caller sees a broken connection. */
function fail(outgoing: ServerResponse, error: unknown): void {
  outgoing.destroy(error instanceof Error ? error : undefined);
}

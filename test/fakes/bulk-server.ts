import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** The little of Elasticsearch that a writer of documents sees. */
export interface BulkServer {
  readonly url: string;
  /** Documents by stream and id, as they came. */
  readonly documents: ReadonlyMap<string, Record<string, unknown>>;
  close(): Promise<void>;
}

/** Has every index template, and takes every document. */
export async function startBulkServer(): Promise<BulkServer> {
  const documents = new Map<string, Record<string, unknown>>();
  const server = createServer(async (request, response) => {
    const lines = (await buffer(request)).toString().split('\n');
    response.setHeader('x-elastic-product', 'Elasticsearch').setHeader('content-type', 'application/json');
    const items: { create: { status: number } }[] = [];
    for (let at = 0; at + 1 < lines.length; at += 2) {
      const { _index, _id } = JSON.parse(lines[at]).create;
      const key = `${_index}/${_id}`;
      items.push({ create: { status: documents.has(key) ? 409 : 201 } });
      if (!documents.has(key)) documents.set(key, JSON.parse(lines[at + 1]));
    }
    response.end(JSON.stringify({ errors: false, items }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    documents,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestElasticsearch } from './elasticsearch.ts';
import { startElasticsearch } from './elasticsearch.ts';

/** Tells the test processes of a run where to ask. */
export const SHARED_SERVERS_VARIABLE = 'TEST_FLOWTAP_SHARED_SERVERS';

/**
 * The servers that all test files of a run share. They belong to the run's main process, which answers the processes of
 * the files: the first that asks has a server started, the others wait for the same one.
 */
export class SharedServers {
  readonly #server = createServer((_, response) => void this.#answer(response));
  #elasticsearch: Promise<TestElasticsearch> | undefined;

  /** Gives the address for SHARED_SERVERS_VARIABLE. */
  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    // A run that ended need not wait for this.
    this.#server.unref();
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    const elasticsearch = await this.#elasticsearch?.catch(() => undefined);
    await elasticsearch?.stop();
  }

  async #answer(response: ServerResponse): Promise<void> {
    this.#elasticsearch ??= startElasticsearch();
    try {
      const { url, setupUrl } = await this.#elasticsearch;
      response.end(JSON.stringify({ url, setupUrl }));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  }
}

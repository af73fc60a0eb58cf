import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';

export interface ScriptedAnswer {
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HeardRequest {
  /** `PUT /_index_template/x` */
  readonly what: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

export interface ScriptedElasticsearch {
  readonly url: string;
  readonly heard: readonly HeardRequest[];
}

/** What a server without such an endpoint says. */
export function noHandler(what: string): ScriptedAnswer {
  const [method, path] = what.split(' ');
  return { status: 400, body: { error: `no handler found for uri [${path}] and method [${method}]` } };
}

/**
 * For what the Elasticsearch of tests cannot do: security, other versions. Answers by `method path`; what is not in the
 * script has no handler. Ends with the test.
 */
export async function scriptedElasticsearch(
  script: Readonly<Record<string, ScriptedAnswer>>,
): Promise<ScriptedElasticsearch> {
  const heard: HeardRequest[] = [];
  const server = createServer(async (request, response) => {
    const what = `${request.method} ${decodeURIComponent(request.url ?? '')}`;
    const body = await text(request);
    const isJson = body !== '' && !String(request.headers['content-type']).includes('ndjson');
    heard.push({ what, headers: request.headers, body: isJson ? JSON.parse(body) : body });
    const answer = script[what] ?? noHandler(what);
    const headers = {
      'x-elastic-product': 'Elasticsearch',
      'content-type': 'application/json',
      ...answer.headers,
    };
    response.writeHead(answer.status ?? 200, headers).end(JSON.stringify(answer.body ?? {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import { closeGracefully, listen } from './http-listener.ts';
import type { ListenAddress } from './listen-address.ts';
import type { MetricRegistry } from './metrics.ts';
import type { Readiness } from './readiness.ts';

export interface AdminServerOptions {
  readonly address: ListenAddress;
  readonly metrics: MetricRegistry;
  readonly readiness: Readiness;
}

export interface AdminServer {
  /** With the port it got. */
  readonly address: ListenAddress;
  close(): Promise<void>;
}

/** A scrape that takes longer than this is not waited for. */
const CLOSE_GRACE_MS = 1000;

/**
 * What Kubernetes and Prometheus ask a service: /healthz (the process runs), /readyz (it can do its work, else 503 and
 * the reasons) and /metrics. Plain HTTP, nothing secret. Throws a FlowtapError LISTEN_FAILED.
 */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, answer(options));
  const address = await listen(server, options.address);
  return { address, close: () => closeGracefully(server, CLOSE_GRACE_MS) };
}

function answer({ metrics, readiness }: AdminServerOptions): RequestListener {
  return (request, response) => {
    const reply = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
      response.end(request.method === 'HEAD' ? undefined : body);
    };
    const text = (status: number, body: string): void => reply(status, 'text/plain; charset=utf-8', body);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('allow', 'GET, HEAD');
      return text(405, 'Only GET.\n');
    }
    switch (request.url?.split('?')[0]) {
      case '/healthz':
        return text(200, 'ok\n');
      case '/readyz': {
        const reasons = readiness.reasons();
        const lines = Object.entries(reasons).map(([name, reason]) => `${name}: ${reason}\n`);
        return lines.length === 0 ? text(200, 'ready\n') : text(503, lines.join(''));
      }
      case '/metrics':
        metrics.text().then(
          (body) => reply(200, metrics.contentType, body),
          (error: Error) => text(500, `${error.message}\n`),
        );
        return;
      default:
        return text(404, '/healthz, /readyz and /metrics are here.\n');
    }
  };
}

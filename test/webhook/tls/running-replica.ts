import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { systemClock } from '../../../services/runtime/clock.ts';
import { closeGracefully, listen } from '../../../services/runtime/http-listener.ts';
import type { KubernetesApi } from '../../../services/runtime/kubernetes/api-client.ts';
import { ListWatch } from '../../../services/runtime/kubernetes/list-watch.ts';
import { ListWatchStates } from '../../../services/runtime/kubernetes/list-watch-observer.ts';
import { MetricRegistry } from '../../../services/runtime/metrics.ts';
import type { TlsObjects } from '../../../services/webhook/tls/cluster-state.ts';
import type { TlsLifetimes } from '../../../services/webhook/tls/tls-lifetimes.ts';
import { TLS_METRICS } from '../../../services/webhook/tls/tls-metrics.ts';
import { secureContextOf } from '../../../services/webhook/tls/webhook-certificates.ts';
import { WebhookTls } from '../../../services/webhook/tls/webhook-tls.ts';
import { quietLogger } from '../../fakes/quiet-logger.ts';

export interface ReplicaOptions extends TlsObjects {
  readonly api: KubernetesApi;
  readonly namespace: string;
  readonly servedSecretName: string;
  readonly lifetimes: TlsLifetimes;
}

/** A webhook that allows everything, with a connection for each request so that each needs a handshake. */
export class RunningReplica {
  readonly #options: ReplicaOptions;
  readonly #server: Server;
  readonly #metrics = new MetricRegistry();
  readonly #defined = this.#metrics.define(TLS_METRICS);
  readonly url: string;
  #tls: WebhookTls | undefined;
  #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** Requests that it answered. */
  answers = 0;

  private constructor(options: ReplicaOptions, server: Server, port: number) {
    this.#options = options;
    this.#server = server;
    this.url = `https://127.0.0.1:${port}/`;
    server.on('request', (request, response) => void this.#answer(request, response));
  }

  /** It listens, but keeps no certificates yet. */
  static async listen(options: ReplicaOptions): Promise<RunningReplica> {
    const server = createServer({ minVersion: 'TLSv1.3' });
    const { port } = await listen(server, { host: '127.0.0.1', port: 0 });
    return new RunningReplica(options, server, port);
  }

  get tls(): WebhookTls {
    return this.#tls!;
  }

  value(name: string, labels?: Readonly<Record<string, string>>): Promise<number> {
    return this.#metrics.value(`flowtap_webhook_${name}`, labels);
  }

  /** Begins to keep certificates, as a new process: until it has one, the server shows its last one. */
  start(identity: string): void {
    const tls = new WebhookTls({
      ...this.#options,
      source: new ListWatch({
        ...{ api: this.#options.api, clock: systemClock, log: quietLogger() },
        observer: new ListWatchStates(systemClock),
      }),
      ...{ clock: systemClock, log: quietLogger(), metrics: this.#defined },
      ...{ identity, leaseName: 'flowtap-webhook', leaseMs: 2000, resyncMs: 250 },
    });
    tls.onChange(() => this.#server.setSecureContext(secureContextOf(tls)));
    this.#tls = tls;
    this.#stopping = new AbortController();
    this.#running = tls.run(this.#stopping.signal);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async close(): Promise<void> {
    await this.stop();
    await closeGracefully(this.#server, 0);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { apiVersion, kind, request: review } = JSON.parse(await text(request));
    this.answers++;
    response.writeHead(200, { 'content-type': 'application/json', connection: 'close' });
    response.end(JSON.stringify({ apiVersion, kind, response: { uid: review.uid, allowed: true } }));
  }
}

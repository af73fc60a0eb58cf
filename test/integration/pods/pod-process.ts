import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Namespace } from '../namespaces.ts';

/** Requests to make, one after the other, each from a port of its own. */
export interface PodCall {
  readonly protocol: 'tcp' | 'udp';
  readonly ip: string;
  readonly port: number;
  readonly count: number;
  readonly requestBytes: number;
}

/** Who answered, and what it saw of the caller; `localPort` is the caller's own. */
export interface PodAnswer {
  readonly name: string;
  readonly ip: string;
  readonly port: number;
  readonly localPort: number;
}

/** Echo requests, all of one identifier. */
export interface PodPing {
  readonly ip: string;
  readonly count: number;
  readonly identifier: number;
}

/** A connection that stays open; `name` is who answered. */
export interface KeptConnection {
  readonly name: string;
  readonly localPort: number;
  /** Payload that the caller has sent so far. */
  readonly sentBytes: number;
}

export type PodOrder =
  | { readonly kind: 'serve'; readonly port: number; readonly name: string }
  | { readonly kind: 'served' }
  | { readonly kind: 'call'; readonly call: PodCall }
  | { readonly kind: 'ping'; readonly ping: PodPing }
  | { readonly kind: 'keep'; readonly ip: string; readonly port: number; readonly everyMs: number }
  | { readonly kind: 'release' };

/** A process in a pod, which serves and calls. It ends with the namespace, or with `close`. */
export class PodProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #orders = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', ({ id, result, error }: { id: number; result?: unknown; error?: string }) => {
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
    child.once('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the pod's process ended (${signal ?? code})`));
    });
  }

  static async start(namespace: Namespace): Promise<PodProcess> {
    const script = fileURLToPath(new URL('pod-child.ts', import.meta.url));
    const child = namespace.spawn(process.execPath, [script], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    return new PodProcess(child);
  }

  /** Serves TCP and UDP at a port of all addresses; answers tell `name`. */
  async serve(port: number, name: string): Promise<void> {
    await this.#order({ kind: 'serve', port, name });
  }

  /** Requests served so far. */
  async served(): Promise<{ readonly tcp: number; readonly udp: number }> {
    return (await this.#order({ kind: 'served' })) as { tcp: number; udp: number };
  }

  async call(call: PodCall): Promise<readonly PodAnswer[]> {
    return (await this.#order({ kind: 'call', call })) as PodAnswer[];
  }

  /** Sends echo requests to an IPv4 address; does not wait for the answers. */
  async ping(ping: PodPing): Promise<void> {
    await this.#order({ kind: 'ping', ping });
  }

  /** Opens a TCP connection and sends on it again and again, until `release`. One at a time. */
  async keep(ip: string, port: number, everyMs: number): Promise<KeptConnection> {
    return (await this.#order({ kind: 'keep', ip, port, everyMs })) as KeptConnection;
  }

  /** Closes the connection that is kept, and waits for its end. */
  async release(): Promise<KeptConnection> {
    return (await this.#order({ kind: 'release' })) as KeptConnection;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    this.#child.kill('SIGKILL');
    await ended;
  }

  #order(order: PodOrder): Promise<unknown> {
    const waiting = Promise.withResolvers<unknown>();
    const id = ++this.#orders;
    this.#waiting.set(id, waiting);
    this.#child.send({ ...order, id });
    return waiting.promise;
  }
}

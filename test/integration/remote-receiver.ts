import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import type { FlowEvent } from '../support/flow-event.ts';
import { parseEvents } from '../support/flow-event.ts';
import type { SentBatch } from '../support/sent-batch.ts';
import type { Namespace } from './namespaces.ts';

/** What a receiver's process is started with. */
export interface RemoteReceiverOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Only this token is accepted. */
  readonly token?: string;
}

export type ReceiverCommand =
  | { readonly kind: 'answer'; readonly status: number | undefined; readonly retryAfter?: number }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'stop' }
  | { readonly kind: 'start' };

export type ReceiverNews =
  | { readonly kind: 'done' }
  | { readonly kind: 'request'; readonly status: number; readonly batch: SentBatch };

const AWAIT_MS = 15_000;

/** A receiver of deliveries in a network namespace, until the namespace closes. */
export class RemoteReceiver {
  readonly requests: { readonly status: number; readonly batch: SentBatch }[] = [];
  readonly #child: ReturnType<Namespace['spawn']>;
  #answered: (() => void) | undefined;

  private constructor(namespace: Namespace, options: RemoteReceiverOptions) {
    const script = fileURLToPath(new URL('receiver-child.ts', import.meta.url));
    this.#child = namespace.spawn(process.execPath, [script, JSON.stringify(options)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (news: ReceiverNews) => {
      if (news.kind === 'request') this.requests.push(news);
      else this.#answered?.();
    });
  }

  static async start(namespace: Namespace, options: RemoteReceiverOptions): Promise<RemoteReceiver> {
    const receiver = new RemoteReceiver(namespace, options);
    await receiver.#command({ kind: 'start' });
    return receiver;
  }

  /** From now on every delivery is answered like this; undefined takes them. */
  answer(status: number | undefined, retryAfter?: number): Promise<void> {
    return this.#command({ kind: 'answer', status, ...(retryAfter !== undefined && { retryAfter }) });
  }

  acceptOnly(token: string): Promise<void> {
    return this.#command({ kind: 'token', token });
  }

  /** As if it were killed: connections are cut, and new ones refused. */
  stop(): Promise<void> {
    return this.#command({ kind: 'stop' });
  }

  restart(): Promise<void> {
    return this.#command({ kind: 'start' });
  }

  get taken(): readonly SentBatch[] {
    return this.requests.filter(({ status }) => status === 200).map(({ batch }) => batch);
  }

  get events(): readonly FlowEvent[] {
    return parseEvents(this.taken.flatMap(({ lines }) => lines.map((line) => `${line}\n`)).join(''));
  }

  /** Waits until something is as expected. */
  waitFor(expectation: () => void): Promise<void> {
    return vi.waitFor(expectation, { interval: 20, timeout: AWAIT_MS });
  }

  async #command(command: ReceiverCommand): Promise<void> {
    const answered = new Promise<void>((resolve) => {
      this.#answered = resolve;
    });
    this.#child.send(command);
    await Promise.race([
      answered,
      once(this.#child, 'exit').then(() => Promise.reject(new Error('the receiver ended by itself'))),
    ]);
  }
}

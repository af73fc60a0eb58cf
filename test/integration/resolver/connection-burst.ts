import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Namespace } from '../namespaces.ts';

/** Connections to open, each from a port of its own, over IPv4. */
export interface BurstPlan {
  readonly protocol: 'tcp' | 'udp';
  readonly ip: string;
  readonly port: number;
  readonly firstPort: number;
  readonly count: number;
  readonly perSecond: number;
}

export type BurstOrder =
  | { readonly kind: 'take'; readonly port: number }
  | { readonly kind: 'callers'; readonly protocol: 'tcp' | 'udp' }
  | { readonly kind: 'open'; readonly plan: BurstPlan };

/** A process in a namespace that opens connections, or takes them. It ends with the namespace. */
export class BurstProcess {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(namespace: Namespace): Promise<BurstProcess> {
    const script = fileURLToPath(new URL('burst-child.ts', import.meta.url));
    const child = namespace.spawn(process.execPath, [script], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    await once(child, 'message');
    return new BurstProcess(child);
  }

  /** Takes TCP connections and UDP datagrams at a port. */
  async take(port: number): Promise<void> {
    await this.#order({ kind: 'take', port });
  }

  /** The ports of those who came, since this was asked last. */
  async callers(protocol: 'tcp' | 'udp'): Promise<readonly number[]> {
    return (await this.#order({ kind: 'callers', protocol })) as number[];
  }

  /** Opens connections, and gives the seconds it took. */
  async open(plan: BurstPlan): Promise<number> {
    return (await this.#order({ kind: 'open', plan })) as number;
  }

  async #order(order: BurstOrder): Promise<unknown> {
    const ended = new AbortController();
    const { signal } = ended;
    const answered = once(this.#child, 'message', { signal });
    const exited = once(this.#child, 'exit', { signal }).then(() => {
      throw new Error('the process of the burst has ended by itself');
    });
    try {
      this.#child.send(order);
      const [{ result }] = (await Promise.race([answered, exited])) as [{ result: unknown }];
      return result;
    } finally {
      ended.abort();
    }
  }
}

import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Namespace } from '../../../integration/namespaces.ts';
import type { CallOutcome, PodCall } from './traffic-call.mts';

const PROGRAM = join(import.meta.dirname, 'traffic.mts');
const START_MS = 10_000;

/** Servers outside of the cluster, at addresses of the world that the router has. */
export class World {
  readonly #router: Namespace;
  readonly #addresses: readonly string[];
  #child: ReturnType<Namespace['spawn']> | undefined;

  private constructor(router: Namespace, addresses: readonly string[]) {
    this.#router = router;
    this.#addresses = addresses;
  }

  /** @param serves of the pods' program: `tcp:8080`, … */
  static async start(
    router: Namespace,
    addresses: readonly string[],
    serves: readonly string[],
  ): Promise<World> {
    const world = new World(router, addresses);
    for (const address of addresses) router.ip('address', 'add', `${address}/32`, 'dev', 'lo');
    const program = [process.execPath, PROGRAM, 'serve', ...serves];
    const child = router.spawn('setpriv', ['--pdeathsig', 'KILL', ...program], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, POD_NAME: 'world', POD_UID: 'world' },
    });
    world.#child = child;
    await once(child.stdout!, 'data', { signal: AbortSignal.timeout(START_MS) });
    return world;
  }

  /** Has it make calls, all at once. */
  async call(calls: readonly PodCall[]): Promise<readonly CallOutcome[]> {
    const child = this.#router.spawn(process.execPath, [PROGRAM, 'call'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin!.end(JSON.stringify(calls));
    return JSON.parse(await text(child.stdout!));
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null) {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    }
    for (const address of this.#addresses) {
      this.#router.ip('address', 'delete', `${address}/32`, 'dev', 'lo');
    }
  }
}

import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Namespace } from '../integration/namespaces.ts';
import { FLOWTAP_MAIN } from '../support/flowtap-process.ts';

const READY_MS = 30_000;
const POLL_MS = 100;

/** A `flowtap` command as a process of its own, that can be killed and started again. */
export class FlowtapChild {
  readonly args: readonly string[];
  /** What it has written to standard error, over all its starts. */
  log = '';
  readonly #namespace: Namespace | undefined;
  readonly #environment: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;

  /**
   * @param namespace to run in; the test's own where there is none
   * @param environment variables beside the test's own
   */
  constructor(
    args: readonly string[],
    namespace?: Namespace,
    environment: Readonly<Record<string, string>> = {},
  ) {
    this.args = args;
    this.#namespace = namespace;
    this.#environment = environment;
  }

  /** Resolves when `isReady` says so. Throws an Error with what it wrote when it ends before. */
  async start(isReady: (child: FlowtapChild) => Promise<boolean> | boolean): Promise<void> {
    const command = [FLOWTAP_MAIN, ...this.args];
    const args = ['--pdeathsig', 'KILL', process.execPath, ...command];
    const options: SpawnOptions = {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...this.#environment },
    };
    const child =
      this.#namespace === undefined
        ? spawn('setpriv', args, options)
        : this.#namespace.spawn('setpriv', args, options);
    this.#child = child;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.log += chunk.toString();
    });
    const deadlineMs = Date.now() + READY_MS;
    for (;;) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`it ended: ${this.log}`);
      if (await Promise.resolve(isReady(this)).catch(() => false)) return;
      if (Date.now() > deadlineMs) throw new Error(`flowtap ${this.args[0]} does not get ready: ${this.log}`);
      await sleep(POLL_MS);
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}

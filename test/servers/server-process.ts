import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { installedProgram } from './installed-program.ts';

/** A user without rights, for servers that refuse to run as root. */
export const NOBODY_ID = 65_534;

const POLL_MS = 50;
const STOP_MS = 20_000;
const LOG_TAIL_CHARACTERS = 2000;

export interface ServerCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What it writes goes here. */
  readonly logPath: string;
  /** Run as nobody, where this process is root. */
  readonly asNobody?: boolean;
  readonly cwd?: string;
  /** What ends it when this process has ended; SIGKILL unless said. */
  readonly deathSignal?: NodeJS.Signals;
}

/** A server as a child process that does not outlive this one, however this one ends. */
export class ServerProcess {
  readonly #command: ServerCommand;
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown>;

  private constructor(command: ServerCommand, child: ChildProcess) {
    this.#command = command;
    this.#child = child;
    this.#exit = once(child, 'exit');
  }

  static async start(command: ServerCommand): Promise<ServerProcess> {
    const log = await open(command.logPath, 'a');
    const { file, args, identity } = mortal(command);
    const child = spawn(file, args, {
      env: { ...process.env, ...command.env },
      cwd: command.cwd ?? '/',
      // A group of its own: what it starts is ended with it.
      detached: true,
      stdio: ['pipe', log.fd, log.fd],
      ...identity,
    });
    await once(child, 'spawn');
    await log.close();
    // A process that has nothing more to do may end; it takes the server with it.
    child.unref();
    (child.stdin as Socket).unref();
    return new ServerProcess(command, child);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Waits until `isReady` says so. Throws an Error with the end of its log when it ends before, or takes too long. */
  async ready(isReady: () => Promise<boolean>, timeoutMs: number): Promise<void> {
    const deadlineMs = Date.now() + timeoutMs;
    while (!(await isReady().catch(() => false))) {
      if (this.#hasEnded) throw new Error(`${this.#command.name} ended: ${this.#logTail()}`);
      if (Date.now() > deadlineMs) {
        await this.stop('SIGKILL');
        throw new Error(`${this.#command.name} did not get ready in ${timeoutMs} ms: ${this.#logTail()}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** Resolves when it has ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#hasEnded) return;
    this.#child.ref();
    this.#signal(signal);
    const kill = setTimeout(() => this.#signal('SIGKILL'), STOP_MS);
    await this.#exit;
    clearTimeout(kill);
  }

  /** To the whole group where it is to end at once, else to the server, which tells its own. */
  #signal(signal: NodeJS.Signals): void {
    if (signal !== 'SIGKILL') this.#child.kill(signal);
    else if (!this.#hasEnded) process.kill(-this.pid, signal);
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #logTail(): string {
    return readFileSync(this.#command.logPath, 'utf8').slice(-LOG_TAIL_CHARACTERS);
  }
}

/** The command as one that ends with its parent, which is a matter of Linux. */
function mortal({ command, args, asNobody, deathSignal = 'SIGKILL' }: ServerCommand) {
  const isNobody = asNobody === true && process.geteuid?.() === 0;
  const setpriv = process.platform === 'linux' ? installedProgram('setpriv') : undefined;
  if (setpriv === undefined) {
    return { file: command, args, identity: isNobody ? { uid: NOBODY_ID, gid: NOBODY_ID } : {} };
  }
  const user = isNobody ? ['--reuid', String(NOBODY_ID), '--regid', String(NOBODY_ID), '--clear-groups'] : [];
  const signal = deathSignal.slice('SIG'.length);
  return { file: setpriv, args: ['--pdeathsig', signal, ...user, '--', command, ...args], identity: {} };
}

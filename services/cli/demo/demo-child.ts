import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { spawn } from 'node:child_process';
import type { ProgramStart } from '../command-context.ts';

/** How long a child may take to be ready, and to end when it is asked to. */
const READY_MS = 60_000;
const END_MS = 4000;

/** Of what a child says only this much is kept. */
const MAX_STDERR_CHARACTERS = 65_536;

/** A child process of the demo: this program with other arguments, in a network namespace. */
export class DemoChild {
  readonly name: string;
  /** Resolves when it has ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** What it has written to standard error so far. */
  stderr = '';
  #end: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined;
  readonly #process: ChildProcessWithoutNullStreams;
  #stopping = false;

  constructor(program: ProgramStart, namespace: string, args: readonly string[]) {
    this.name = `${args[0]} in ${namespace}`;
    const command = ['netns', 'exec', namespace, program.node, program.script, ...args];
    this.#process = spawn('ip', command, { env: program.environment });
    this.#process.stdin.on('error', () => undefined);
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr = (this.stderr + text).slice(-MAX_STDERR_CHARACTERS);
    });
    this.ended = new Promise((resolve) => {
      this.#process.once('error', () => resolve());
      this.#process.once('close', (code, signal) => {
        this.#end = { code, signal };
        resolve();
      });
    });
  }

  /** Waits until it has written `text` to standard error. Throws an Error when it does not. */
  async ready(text: string): Promise<void> {
    const said = new Promise<boolean>((resolve) => {
      const look = (): void => {
        if (this.stderr.includes(text)) resolve(true);
      };
      this.#process.stderr.on('data', look);
      look();
    });
    const limit = AbortSignal.timeout(READY_MS);
    const late = new Promise<boolean>((resolve) => limit.addEventListener('abort', () => resolve(false)));
    if (!(await Promise.race([said, this.ended.then(() => false), late]))) throw this.failure();
  }

  /**
   * Calls back with the lines of standard output as they come, those written at once together, until it ends. Rejects
   * when the callback throws.
   */
  async eachBatch(take: (lines: readonly string[]) => void): Promise<void> {
    let rest = '';
    for await (const chunk of this.#process.stdout.setEncoding('utf8')) {
      const lines = `${rest}${chunk}`.split('\n');
      rest = lines.pop() ?? '';
      if (lines.length > 0) take(lines);
    }
  }

  /** Asks it to end, and waits until it has. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#process.kill('SIGTERM');
    const kill = setTimeout(() => this.#process.kill('SIGKILL'), END_MS);
    await this.ended;
    clearTimeout(kill);
  }

  /** True when it has ended without being asked to, or with a complaint. */
  get hasFailed(): boolean {
    return this.#end !== undefined && (!this.#stopping || this.#end.code !== 0);
  }

  /** Why it is of no use, in a sentence without a full stop. */
  failure(): Error {
    const complaint = /^flowtap: (.*?)\.?$/m.exec(this.stderr)?.[1];
    return new Error(`${this.name} ${this.#fate()}${complaint === undefined ? '' : `: ${complaint}`}`);
  }

  #fate(): string {
    if (this.#end === undefined) return 'does not get ready';
    const { code, signal } = this.#end;
    return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  }
}

import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';

/** Collects shell commands until this process is no more, then runs them. */
const SCRIPT = 'commands=$(cat); eval "$commands"';

/**
 * What a process starts from then on carries this variable, and what that starts. Not FLOWTAP_…: flowtap warns of
 * variables of its own that it does not know.
 */
const OWNER = 'TEST_FLOWTAP_OWNER';

let keeper: ChildProcess | undefined;

/**
 * Has a shell run `command` when this process has ended, however it ends: the shell waits for the end of a pipe, in a
 * session of its own. For what a process leaves behind that dies: files, namespaces. Processes that it started, and
 * those that they did, are killed first.
 */
export function whenThisProcessEnds(command: string): void {
  keeper ??= startKeeper();
  say(keeper, command);
}

/** For a child that is to have an environment of its own: what makes it go with this process, too. */
export function environmentOfOwned(): Readonly<Record<string, string>> {
  keeper ??= startKeeper();
  return { [OWNER]: String(process.env[OWNER]) };
}

function say(child: ChildProcess, command: string): void {
  child.stdin?.write(`{ ${command}; } >/dev/null 2>&1\n`);
}

function startKeeper(): ChildProcess {
  const env = { PATH: process.env.PATH };
  const child = spawn('sh', ['-c', SCRIPT], {
    cwd: '/',
    env,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without it what is there is removed by the next run.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  (child.stdin as Socket).unref();
  const id = `${process.pid}-${randomBytes(6).toString('hex')}`;
  process.env[OWNER] = id;
  say(child, killOwned(id));
  return child;
}

/** What ends by itself has a moment for it. More than once: one that is killed may just have started another. */
function killOwned(id: string): string {
  const owned = `grep -slzx '${OWNER}=${id}' /proc/[0-9]*/environ | cut -d / -f 3`;
  return `sleep 0.3; for i in 1 2 3; do ${owned} | xargs -r kill -9; done`;
}

import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import koffi from 'koffi';

/**
 * Runs one command to the end of its last descendant and prints what all of them used, as JSON:
 *
 *     node bench/measure-command.ts STDOUT_FILE STDERR_FILE COMMAND ARGUMENT…
 *
 * A process of its own, so that RUSAGE_CHILDREN holds this command only. Daemons that forget their
 * children are met by being their reaper (PR_SET_CHILD_SUBREAPER, linux/prctl.h).
 */
const PR_SET_CHILD_SUBREAPER = 36;
const RUSAGE_CHILDREN = -1;
const WNOHANG = 1;

const libc = koffi.load(null);
const prctl = libc.func('int prctl(int option, ulong arg2, ulong arg3, ulong arg4, ulong arg5)');
const waitpid = libc.func('int waitpid(int pid, void *status, int options)');
const getrusage = libc.func('int getrusage(int who, void *usage)');

const [stdoutFile, stderrFile, command, ...commandArguments] = process.argv.slice(2);
prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
const stdout = openSync(stdoutFile, 'w');
const stderr = openSync(stderrFile, 'w');
const start = process.hrtime.bigint();
const child = spawn(command, commandArguments, { stdio: ['ignore', stdout, stderr] });
const exitCode = await new Promise<number>((resolve, reject) => {
  child.once('error', reject);
  child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
});
// 0: descendants still run; below 0: none is left (ECHILD).
for (let reaped = waitpid(-1, null, WNOHANG); reaped >= 0; reaped = waitpid(-1, null, WNOHANG)) {
  if (reaped === 0) await sleep(2);
}
const wallSeconds = Number(process.hrtime.bigint() - start) / 1e9;
closeSync(stdout);
closeSync(stderr);

// struct rusage (linux/resource.h): two timevals, then ru_maxrss in KiB.
const usage = new BigInt64Array(18);
getrusage(RUSAGE_CHILDREN, usage);
const userSeconds = Number(usage[0]) + Number(usage[1]) / 1e6;
const systemSeconds = Number(usage[2]) + Number(usage[3]) / 1e6;
const residentMebibytes = Number(usage[4]) / 1024;
process.stdout.write(
  `${JSON.stringify({ exitCode, wallSeconds, userSeconds, systemSeconds, residentMebibytes })}\n`,
);

// Runs one task of package.json on Node 24, whatever Node the machine has (18 or newer).
// Prints nothing on stdout itself: stdout carries records.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureDependencies, nodeBinary } from './dependencies.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** What each task runs; `fromCaller` tasks resolve relative paths where the user typed the command. */
const TASKS = {
  flowtap: { module: 'services/cli/main.ts', args: [], fromCaller: true },
  demo: { module: 'services/cli/main.ts', args: ['demo'], fromCaller: true },
  test: { module: 'node_modules/vitest/vitest.mjs', args: ['run'], fromCaller: false },
  'test:cluster': {
    module: 'node_modules/vitest/vitest.mjs',
    args: ['run', '--config', 'vitest.cluster.config.ts'],
    fromCaller: false,
  },
  cluster: { module: 'test/cluster/cluster-command.ts', args: [], fromCaller: true },
  experiment: { module: 'test/cluster/experiments/experiment-command.ts', args: [], fromCaller: true },
  check: { module: 'scripts/check.mjs', args: [], fromCaller: false },
  bench: { module: 'bench/main.ts', args: [], fromCaller: false },
  build: { module: 'scripts/build.mjs', args: [], fromCaller: false },
  images: { module: 'scripts/images/build-images.ts', args: [], fromCaller: false },
};

/** Signals that end a program; each is passed on to the task. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** This process is Node 24 already (npm puts node_modules/.bin first on the PATH): no second process. */
async function runHere(module, args) {
  process.argv.splice(1, process.argv.length, module, ...args);
  await import(pathToFileURL(module).href);
}

function runOnNode24(binary, module, args) {
  const child = spawn(binary, [module, ...args], { stdio: 'inherit' });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`Cannot start ${binary}: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
}

const [name, ...given] = process.argv.slice(2);
const task = Object.hasOwn(TASKS, name) ? TASKS[name] : undefined;
if (!task) fail(`Usage: node scripts/run.mjs <${Object.keys(TASKS).join('|')}> [arguments]`);

try {
  ensureDependencies(root);
} catch (error) {
  fail(error.message);
}
const callerDirectory = process.env.npm_lifecycle_event ? process.env.INIT_CWD : undefined;
process.chdir(task.fromCaller ? (callerDirectory ?? process.cwd()) : root);

const module = join(root, task.module);
const args = [...task.args, ...given];
if (Number.parseInt(process.versions.node, 10) >= 24) await runHere(module, args);
else runOnNode24(nodeBinary(root), module, args);

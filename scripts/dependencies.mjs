// Are the installed packages those of package-lock.json, and is the Node 24 binary there? Installs what is missing.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const STDOUT_TO_STDERR = { stdio: ['ignore', 2, 2] };

/** The Node 24 that the npm package `node` carries. */
export function nodeBinary(root) {
  return join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

/** Makes node_modules what package-lock.json says; a few milliseconds when it is so already. Throws a sentence. */
export function ensureDependencies(root) {
  if (!isUpToDate(root)) install(root);
  if (!existsSync(nodeBinary(root))) installNodeBinary(root);
}

/** npm writes the hidden lockfile last, so a broken-off installation has none. */
function isUpToDate(root) {
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (!installed) return false;
  const wanted = readPackages(join(root, 'package-lock.json'));
  if (!wanted) throw new Error('package-lock.json is missing or broken: restore it from the repository.');
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const present = installed[path];
    // Packages for other platforms, and optional ones that did not build here, are not installed.
    if (present === undefined ? !entry.optional : !isSame(present, entry)) return false;
  }
  return true;
}

function isSame(present, wanted) {
  return present.version === wanted.version && present.integrity === wanted.integrity;
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** The npm that runs this script, so that its version and settings hold; else the npm on the PATH. */
function runNpm(root, args) {
  const { npm_execpath: npm, npm_node_execpath: node } = process.env;
  return npm && node && existsSync(node)
    ? spawnSync(node, [npm, ...args], { cwd: root, ...STDOUT_TO_STDERR })
    : spawnSync('npm', args, { cwd: root, shell: process.platform === 'win32', ...STDOUT_TO_STDERR });
}

function install(root) {
  process.stderr.write('Installing dependencies (npm ci) ...\n');
  const { status, error } = runNpm(root, ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  if (status !== 0) {
    throw new Error(`npm ci failed${error ? ` (${error.message})` : ''}: see above, then try again.`);
  }
}

/** npm may be told not to run install scripts; then the package `node` is there without its binary. */
function installNodeBinary(root) {
  process.stderr.write('Fetching Node.js 24 (package "node", whose install script did not run) ...\n');
  const cwd = join(root, 'node_modules', 'node');
  spawnSync(process.execPath, ['installArchSpecificPackage'], { cwd, ...STDOUT_TO_STDERR });
  if (!existsSync(nodeBinary(root))) {
    throw new Error(
      'Node.js 24 could not be fetched. Run `npm rebuild node`, or use Node.js 24 or newer yourself.',
    );
  }
}

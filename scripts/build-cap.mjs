// Builds the optional package `cap` for the Node.js that flowtap runs with, which need not be the one that ran
// `npm install`. Plain JavaScript for old versions of Node.js too. It never fails: without `cap` all but capturing
// through libpcap works, and it says what is missing.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeBinary } from './dependencies.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const nodePackage = join(root, 'node_modules', 'node');
const windows = process.platform === 'win32';

const node = existsSync(nodeBinary(root)) ? nodeBinary(root) : process.execPath;

const run = (command, args, environment) =>
  spawnSync(command, args, { cwd: root, encoding: 'utf8', env: environment, shell: windows });

const say = (text) => process.stdout.write(`cap: ${text}\n`);

/** Undefined when the package loads, else why it does not. */
function loadFailure() {
  const { status, stderr } = run(node, ['--input-type=commonjs', '--eval', "require('cap')"]);
  if (status === 0) return undefined;
  return stderr.split('\n').find((line) => /error/i.test(line)) || stderr;
}

/** The directory with the headers of `node`, for node-gyp; undefined lets it download them. */
function headersDirectory(version) {
  const platformPackage = `node-${windows ? 'win' : process.platform}-${process.arch}`;
  const candidates = [
    join(nodePackage, 'node_modules', platformPackage),
    join(root, 'node_modules', platformPackage),
    dirname(dirname(node)),
  ];
  return candidates.find((directory) => {
    const header = join(directory, 'include', 'node', 'node_version.h');
    return existsSync(header) && versionIn(readFileSync(header, 'utf8')) === version;
  });
}

function versionIn(header) {
  const number = (name) => new RegExp(`#define NODE_${name}_VERSION (\\d+)`).exec(header)?.[1];
  return `v${number('MAJOR')}.${number('MINOR')}.${number('PATCH')}`;
}

/** What a build needs and this machine does not have. */
function missingTools() {
  if (windows) return [];
  const missing = [];
  for (const tool of ['make', 'c++', 'python3']) {
    if (run(tool, ['--version']).status !== 0) missing.push(tool);
  }
  const source = '#include <pcap/pcap.h>\nint main() { return pcap_lib_version() == 0; }\n';
  const compiled = spawnSync('c++', ['-x', 'c++', '-', '-lpcap', '-o', '/dev/null'], { input: source });
  if (!missing.includes('c++') && compiled.status !== 0) missing.push('the headers of libpcap');
  return missing;
}

function build(version) {
  if (headersDirectory(version) === undefined && node === nodeBinary(root)) {
    // `npm install` prunes the headers that the package `node` brought along; this brings them back.
    run('npm', ['rebuild', 'node'], process.env);
  }
  const nodedir = headersDirectory(version);
  const environment = { ...process.env, PATH: `${dirname(node)}${windows ? ';' : ':'}${process.env.PATH}` };
  // node-gyp reads options by this prefix; it wins over npm's own configuration.
  if (nodedir !== undefined) environment.npm_package_config_node_gyp_nodedir = nodedir;
  return run('npm', ['rebuild', 'cap', '--foreground-scripts'], environment);
}

function main() {
  const version = run(node, ['--version']).stdout.trim();
  if (!existsSync(join(root, 'node_modules', 'cap'))) {
    // npm leaves an optional package out that it cannot build; what was missing then may be there now.
    const missing = missingTools();
    if (missing.length > 0) return sayMissing(missing);
    run('npm', ['install', '--no-save', '--include=optional', '--ignore-scripts', '--no-audit', '--no-fund']);
  }
  if (loadFailure() === undefined) return say(`ready for Node.js ${version}.`);
  const missing = missingTools();
  if (missing.length > 0) return sayMissing(missing);
  const { stdout, stderr } = build(version);
  const failure = loadFailure();
  if (failure === undefined) return say(`built for Node.js ${version}.`);
  process.stdout.write(`${stdout}\n${stderr}\n`);
  say(`cannot be built for Node.js ${version}: ${failure.trim()}`);
}

function sayMissing(missing) {
  say(`not built, missing here: ${missing.join(', ')}.`);
  say(
    'Debian, Ubuntu: apt install g++ make python3 libpcap-dev. Fedora: dnf install gcc-c++ make python3 libpcap-devel.',
  );
  say('macOS: xcode-select --install. Then run `node scripts/build-cap.mjs`.');
}

try {
  main();
} catch (error) {
  say(`not built: ${error}`);
}

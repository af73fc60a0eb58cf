import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { elasticsearchHome, elasticsearchHomeUnavailable } from './elasticsearch-home.ts';
import { startElasticsearchProxy } from './elasticsearch-proxy.ts';
import { freePort } from './free-port.ts';
import { mayNotEnd } from './given-server.ts';
import { javaHome } from './java-home.ts';
import { isOpenToAll } from './open-to-all.ts';
import { makeRunFolder } from './run-folder.ts';
import { NOBODY_ID, ServerProcess } from './server-process.ts';

/** It takes 15 seconds alone on two cores, and a minute beside others. */
const READY_MS = 180_000;

/** The time limit of a hook that starts one, which may have to be fetched. */
export const ELASTICSEARCH_START_MS = 600_000;

const LAUNCHER = 'org.elasticsearch.server.launcher.ServerLauncher';
const LAUNCHER_OPTIONS = ['-Xms4m', '-Xmx64m', '-XX:+UseSerialGC'];

export interface TestElasticsearch {
  readonly url: string;
  /** The same server for what installs templates; see elasticsearch-limits.ts. */
  readonly setupUrl: string;
  /** Ends it at once, as a crash would; the data stays. */
  kill(): Promise<void>;
  /** Starts it again with its data, at the same address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** Why there is no Elasticsearch here, in a sentence; undefined where there is one or can be. */
export function elasticsearchUnavailable(): string | undefined {
  if (process.env.FLOWTAP_TEST_ELASTICSEARCH_URL) return undefined;
  if (javaHome() === undefined) {
    return 'Elasticsearch needs a JDK of version 21 or newer in /usr/lib/jvm or ES_JAVA_HOME; or name a running one in FLOWTAP_TEST_ELASTICSEARCH_URL';
  }
  return elasticsearchHomeUnavailable();
}

/**
 * An Elasticsearch of one node, without security, on a free port. For tests that kill it; others take the one of the
 * run (shared-elasticsearch.ts). With FLOWTAP_TEST_ELASTICSEARCH_URL that one, which stays as it is.
 */
export async function startElasticsearch(): Promise<TestElasticsearch> {
  const given = process.env.FLOWTAP_TEST_ELASTICSEARCH_URL;
  if (given) {
    const refuse = mayNotEnd('FLOWTAP_TEST_ELASTICSEARCH_URL');
    return { url: given, setupUrl: given, kill: refuse, restart: refuse, stop: async () => undefined };
  }
  const folder = makeRunFolder('elasticsearch');
  const home = await homeFor(folder);
  const port = await freePort();
  configure(home, folder, port);
  const url = `http://127.0.0.1:${port}`;
  let server = await start(home, folder, url);
  const proxy = await startElasticsearchProxy(url);
  return {
    url,
    setupUrl: proxy.url,
    kill: () => server.stop('SIGKILL'),
    async restart() {
      await server.stop('SIGKILL');
      server = await start(home, folder, url);
    },
    async stop() {
      await proxy.close();
      await server.stop('SIGKILL');
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    },
  };
}

/** It does not run as root, so what only root may enter is copied. */
async function homeFor(folder: string): Promise<string> {
  const home = await elasticsearchHome();
  if (process.geteuid?.() !== 0 || isOpenToAll(home)) return home;
  const copy = join(folder, 'home');
  execFileSync('cp', ['-r', home, copy]);
  return copy;
}

async function start(home: string, folder: string, url: string): Promise<ServerProcess> {
  const java = String(javaHome());
  const server = await ServerProcess.start({
    name: 'Elasticsearch',
    // What the start script of a distribution does; the archive that this comes from has none.
    command: join(java, 'bin/java'),
    args: [...LAUNCHER_OPTIONS, '-cp', join(home, 'lib/tools/server-launcher/*'), LAUNCHER],
    env: {
      JAVA: join(java, 'bin/java'),
      JAVA_TYPE: 'ES_JAVA_HOME',
      ES_JAVA_HOME: java,
      ES_HOME: home,
      ES_PATH_CONF: join(folder, 'config'),
      ES_TMPDIR: join(folder, 'tmp'),
      ES_DISTRIBUTION_TYPE: 'zip',
      HOME: folder,
      // Otherwise each machine that is killed leaves a file in /tmp.
      JDK_JAVA_OPTIONS: '-XX:-UsePerfData',
      JAVA_HOME: undefined,
      JAVA_TOOL_OPTIONS: undefined,
      _JAVA_OPTIONS: undefined,
    },
    logPath: join(folder, 'logs/console.log'),
    cwd: home,
    asNobody: true,
  });
  await server.ready(() => isYellow(url), READY_MS);
  return server;
}

async function isYellow(url: string): Promise<boolean> {
  const health = await fetch(`${url}/_cluster/health?wait_for_status=yellow&timeout=1s`);
  return health.ok;
}

function configure(home: string, folder: string, port: number): void {
  for (const name of ['config/jvm.options.d', 'data', 'logs', 'tmp']) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  copyFileSync(join(home, 'config/log4j2.properties'), join(folder, 'config/log4j2.properties'));
  writeFileSync(join(folder, 'config/elasticsearch.yml'), nodeSettings(folder, port));
  writeFileSync(join(folder, 'config/jvm.options'), `${jvmOptions(folder).join('\n')}\n`);
  if (process.geteuid?.() === 0) execFileSync('chown', ['-R', `${NOBODY_ID}:${NOBODY_ID}`, folder]);
}

function nodeSettings(folder: string, port: number): string {
  return [
    'cluster.name: flowtap-test',
    'discovery.type: single-node',
    'network.host: 127.0.0.1',
    `http.port: ${port}`,
    'transport.port: 0',
    'xpack.security.enabled: false',
    'action.destructive_requires_name: false',
    'cluster.routing.allocation.disk.threshold_enabled: false',
    `path.data: ${join(folder, 'data')}`,
    `path.logs: ${join(folder, 'logs')}`,
    '',
  ].join('\n');
}

/** Little compilation: it starts in half the time, and tests are short. */
function jvmOptions(folder: string): readonly string[] {
  return [
    '-Xms512m',
    '-Xmx512m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-XX:+ExitOnOutOfMemoryError',
    `-Djava.io.tmpdir=${join(folder, 'tmp')}`,
    '--add-modules=jdk.incubator.vector',
    '-XX:CompileCommand=dontinline,java/lang/invoke/MethodHandle.setAsTypeCache',
    '-XX:CompileCommand=dontinline,java/lang/invoke/MethodHandle.asTypeUncached',
    '-Dorg.apache.lucene.store.defaultReadAdvice=normal',
    '-Dorg.apache.lucene.store.MMapDirectory.sharedArenaMaxPermits=1',
  ];
}

import { CONSOLE_METRICS } from '../../console/console-metrics.ts';
import { ElasticsearchFlowSource } from '../../console/elasticsearch/elasticsearch-flow-source.ts';
import { checkAccess, readPassword } from '../../console/server/access.ts';
import { startConsole } from '../../console/start-console.ts';
import type { ConfigOf } from '../../runtime/config.ts';
import { duration, flag, integer, text } from '../../runtime/config-values.ts';
import { elasticsearchClient } from '../../runtime/elasticsearch/elasticsearch-client.ts';
import { FlowtapError } from '../../runtime/errors.ts';
import { formatAddress, listenAddress } from '../../runtime/listen-address.ts';
import type { CommandContext } from '../command-context.ts';
import { aborted } from '../demo/aborted.ts';
import { EXIT_SUCCESS } from '../exit-codes.ts';
import { startService } from '../service.ts';
import { ELASTICSEARCH_SETTINGS, elasticsearchAccess } from './elasticsearch-settings.ts';
import { INDEX_SETTINGS } from './index-settings.ts';
import { RECEIVE_SETTINGS } from './receive-settings.ts';
import { SERVICE_SETTINGS } from './service-settings.ts';
import { STREAM_SETTINGS } from './stream-settings.ts';

/** Little work for Elasticsearch, until somebody asks for more. */
const FIRST_SHOWN = { last: '15m', refresh: '30' } as const;

export const CONSOLE_SETTINGS = {
  ...ELASTICSEARCH_SETTINGS,
  ...STREAM_SETTINGS,
  listen: {
    flag: '--listen <address>',
    env: 'FLOWTAP_LISTEN',
    parse: listenAddress(),
    default: '127.0.0.1:8090',
    doc: 'where the console is served; an address that other machines reach needs --password-file',
  },
  passwordFile: {
    flag: '--password-file <path>',
    env: 'FLOWTAP_PASSWORD_FILE',
    parse: text(),
    doc: 'file with the password that browsers ask for, with any user name; programs send it as bearer token',
  },
  allowAnonymous: {
    flag: '--allow-anonymous',
    env: 'FLOWTAP_ALLOW_ANONYMOUS',
    parse: flag(),
    default: 'false',
    doc: 'let everybody look who reaches the address; for trials, or behind a proxy that knows who it is',
  },
  tlsCertFile: RECEIVE_SETTINGS.tlsCertFile,
  tlsKeyFile: RECEIVE_SETTINGS.tlsKeyFile,
  questionTimeoutMs: {
    flag: '--question-timeout <duration>',
    env: 'FLOWTAP_QUESTION_TIMEOUT',
    parse: duration(100),
    default: '25s',
    doc: 'how long a page waits for an answer',
  },
  maxQuestions: {
    flag: '--max-questions <count>',
    env: 'FLOWTAP_MAX_QUESTIONS',
    parse: integer(1, 1000),
    default: '8',
    doc: 'questions to Elasticsearch at once; pages that ask more are told to come again',
  },
  shutdownGraceMs: {
    ...INDEX_SETTINGS.shutdownGraceMs,
    default: '5s',
    doc: 'how long what has begun may take at the end',
  },
  ...SERVICE_SETTINGS,
} as const;

export type ConsoleConfig = ConfigOf<typeof CONSOLE_SETTINGS>;

/** `flowtap console`: serves the page over Elasticsearch until the signal. */
export async function runConsoleCommand(config: ConsoleConfig, context: CommandContext): Promise<number> {
  const { listen: address, passwordFile, allowAnonymous } = config;
  const password = passwordFile === undefined ? undefined : readPassword(passwordFile);
  const access = { password, allowAnonymous };
  checkAccess(address, access);
  const tls = tlsFiles(config);
  const client = elasticsearchClient(elasticsearchAccess(config, `flowtap-console/${context.version}`));
  const closers: (() => unknown)[] = [() => client.close()];
  try {
    const service = await startService('console', config, context);
    closers.push(() => service.close());
    const { log, metrics } = service;
    const running = await startConsole({
      ...{ address, access, tls, log, clock: context.clock },
      source: new ElasticsearchFlowSource({ client, namespace: config.dataStreamNamespace }),
      about: { version: context.version, source: 'Elasticsearch', ...FIRST_SHOWN },
      maxQuestions: config.maxQuestions,
      timeoutMs: config.questionTimeoutMs,
      metrics: metrics.define(CONSOLE_METRICS),
      graceMs: config.shutdownGraceMs,
    });
    closers.push(() => running.close());
    const url = `${tls === undefined ? 'http' : 'https'}://${formatAddress(running.address)}/`;
    log.info({ 'url.full': url, protected: password !== undefined }, 'the console is served');
    await aborted(context.signal);
    return EXIT_SUCCESS;
  } finally {
    // In reverse: whoever is asked closes after who asks.
    for (const close of closers.reverse()) await close();
  }
}

function tlsFiles({ tlsCertFile, tlsKeyFile }: ConsoleConfig) {
  if (tlsCertFile === undefined && tlsKeyFile === undefined) return undefined;
  if (tlsCertFile !== undefined && tlsKeyFile !== undefined)
    return { certFile: tlsCertFile, keyFile: tlsKeyFile };
  throw new FlowtapError('CONFIG_INVALID', 'config', '--tls-cert-file and --tls-key-file go together.');
}

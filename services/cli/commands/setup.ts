import * as z from 'zod/mini';
import { Backoff } from '../../runtime/backoff.ts';
import type { ConfigOf } from '../../runtime/config.ts';
import { duration, flag, integer, oneOf, reader, text } from '../../runtime/config-values.ts';
import { elasticsearchClient } from '../../runtime/elasticsearch/elasticsearch-client.ts';
import { FlowtapError } from '../../runtime/errors.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_FAILURE, EXIT_SUCCESS } from '../exit-codes.ts';
import { EDGE_ROLE, readEdgeSet } from '../setup/edges/edge-set.ts';
import { NEWEST_FEATURES } from '../setup/server-features.ts';
import type { SetupOptions, SetupResult } from '../setup/set-up-elasticsearch.ts';
import { setUpElasticsearch } from '../setup/set-up-elasticsearch.ts';
import { setupJson, setupText } from '../setup/setup-text.ts';
import { withRolesFor, writeTemplateFolder } from '../setup/template-folder.ts';
import type { TemplateOptions } from '../setup/template-options.ts';
import { chooseTemplates, UNLIMITED } from '../setup/template-options.ts';
import { withRevisions } from '../setup/template-revision.ts';
import { readTemplateSet } from '../setup/template-set.ts';
import { ELASTICSEARCH_SETTINGS, elasticsearchAccess } from './elasticsearch-settings.ts';

const retention = reader(`a time such as 14d or 36h, or ${UNLIMITED}`, (word) =>
  word === UNLIMITED || /^[1-9]\d{0,5}[dhm]$/.test(word) ? word : undefined,
);

const dataStreamNamespace = z
  .string('text')
  .check(z.regex(/^[a-z0-9][a-z0-9_.]{0,99}$/, 'lower-case letters, digits, dots and underscores'));

export const SETUP_SETTINGS = {
  ...ELASTICSEARCH_SETTINGS,
  retention: {
    flag: '--retention <time>',
    env: 'FLOWTAP_RETENTION',
    parse: retention,
    doc: `how long flows are kept, such as 14d, or ${UNLIMITED} (as it was; at first 14d)`,
  },
  peerRetention: {
    flag: '--peer-retention <time>',
    env: 'FLOWTAP_PEER_RETENTION',
    parse: retention,
    doc: "how long the other ends' observations are kept (as it was; at first 3d)",
  },
  probeRetention: {
    flag: '--probe-retention <time>',
    env: 'FLOWTAP_PROBE_RETENTION',
    parse: retention,
    doc: "how long probes' heartbeats are kept (as it was; at first 30d)",
  },
  deadletterRetention: {
    flag: '--deadletter-retention <time>',
    env: 'FLOWTAP_DEADLETTER_RETENTION',
    parse: retention,
    doc: 'how long refused records are kept (as it was; at first 14d)',
  },
  edges: {
    flag: '--edges',
    env: 'FLOWTAP_EDGES',
    parse: flag(),
    default: 'false',
    doc: 'also install the transform that sums flows up to edges of five minutes, for long times',
  },
  edgeRetention: {
    flag: '--edge-retention <time>',
    env: 'FLOWTAP_EDGE_RETENTION',
    parse: retention,
    doc: 'with --edges: how long edges are kept (as it was; at first 365d)',
  },
  indexMode: {
    flag: '--index-mode <mode>',
    env: 'FLOWTAP_INDEX_MODE',
    parse: oneOf('logsdb', 'standard'),
    doc: 'how flows are stored: logsdb (smaller) or standard (faster to write) (as it was; at first logsdb, before Elasticsearch 8.17 standard)',
  },
  shards: {
    flag: '--shards <count>',
    env: 'FLOWTAP_SHARDS',
    parse: integer(1, 1024),
    doc: 'primary shards of an index of flows (as it was; at first what Elasticsearch takes, 1)',
  },
  replicas: {
    flag: '--replicas <count>',
    env: 'FLOWTAP_REPLICAS',
    parse: integer(0, 16),
    doc: 'copies of each shard, 0 where there is one node (as it was; at first what Elasticsearch takes, 1)',
  },
  dataStreamNamespace: {
    flag: '--data-stream-namespace <name>',
    env: 'FLOWTAP_DATA_STREAM_NAMESPACE',
    parse: dataStreamNamespace,
    doc: 'upgrade, and print roles for, the streams of this namespace only (all)',
  },
  dryRun: {
    flag: '--dry-run',
    env: 'FLOWTAP_DRY_RUN',
    parse: flag(),
    default: 'false',
    doc: 'only say what would change',
  },
  force: {
    flag: '--force',
    env: 'FLOWTAP_FORCE',
    parse: flag(),
    default: 'false',
    doc: 'replace templates of the same name that are newer, or that somebody else made',
  },
  remove: {
    flag: '--remove',
    env: 'FLOWTAP_REMOVE',
    parse: flag(),
    default: 'false',
    doc: 'take the templates away again',
  },
  removeData: {
    flag: '--remove-data',
    env: 'FLOWTAP_REMOVE_DATA',
    parse: flag(),
    default: 'false',
    doc: 'with --remove: delete the data streams too, of all namespaces, with all documents',
  },
  out: {
    flag: '--out <directory>',
    env: 'FLOWTAP_OUT',
    parse: text(),
    doc: 'write the templates and roles as files into this folder, to be installed by hand, and ask no server',
  },
  printRoles: {
    flag: '--print-roles',
    env: 'FLOWTAP_PRINT_ROLES',
    parse: flag(),
    default: 'false',
    doc: 'print the roles that flowtap needs in Elasticsearch, and ask no server',
  },
  waitMs: {
    flag: '--wait <duration>',
    env: 'FLOWTAP_WAIT',
    parse: duration(),
    default: '0',
    doc: 'how long to try again while Elasticsearch is not reached',
  },
  json: {
    flag: '--json',
    env: 'FLOWTAP_JSON',
    parse: flag(),
    default: 'false',
    doc: 'say what was done as JSON',
  },
} as const;

export type SetupConfig = ConfigOf<typeof SETUP_SETTINGS>;

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;

/** `flowtap setup elasticsearch`: templates for the data streams. */
export async function runSetupCommand(
  args: readonly string[],
  config: SetupConfig,
  context: CommandContext,
): Promise<number> {
  if (args.length !== 1 || args[0] !== 'elasticsearch') {
    const message = 'What is to be set up? The only thing so far is: flowtap setup elasticsearch.';
    throw new FlowtapError('CONFIG_INVALID', 'config', message);
  }
  const { dataStreamNamespace: namespace } = config;
  const set = withRolesFor(readTemplateSet(), namespace);
  const write = (words: string): void => void context.standardOutput.write(words);
  if (config.printRoles) {
    const roles = config.edges ? [...set.roles, [EDGE_ROLE, readEdgeSet().role]] : set.roles;
    write(`${JSON.stringify(Object.fromEntries(roles), undefined, 2)}\n`);
    return EXIT_SUCCESS;
  }
  const choices = templateOptions(config);
  if (config.out !== undefined) {
    if (config.edges) {
      const message = '--out does not write edges: their files are in ecs-templates/edges.';
      throw new FlowtapError('CONFIG_INVALID', 'config', message);
    }
    const chosen = withRevisions(chooseTemplates(set, choices, NEWEST_FEATURES));
    for (const path of writeTemplateFolder(chosen, config.out)) write(`${path}\n`);
    return EXIT_SUCCESS;
  }
  if (config.removeData && !config.remove) {
    throw new FlowtapError('CONFIG_INVALID', 'config', '--remove-data goes with --remove only.');
  }
  if (config.edgeRetention !== undefined && !config.edges) {
    throw new FlowtapError('CONFIG_INVALID', 'config', '--edge-retention goes with --edges only.');
  }
  const client = elasticsearchClient(elasticsearchAccess(config, `flowtap-setup/${context.version}`));
  try {
    const result = await withPatience(config.waitMs, context, {
      ...{ client, set, choices, namespace },
      isDryRun: config.dryRun,
      isForced: config.force,
      edges: config.edges ? { set: readEdgeSet(), retention: config.edgeRetention } : undefined,
      removal: config.remove ? { withData: config.removeData } : undefined,
    });
    write(
      config.json ? setupJson(result, config.dryRun) : setupText(result, config.dryRun, context.terminal),
    );
    return result.steps.some(({ outcome }) => outcome === 'failed') ? EXIT_FAILURE : EXIT_SUCCESS;
  } finally {
    await client.close();
  }
}

function templateOptions(config: SetupConfig): TemplateOptions {
  const {
    retention: flow,
    peerRetention: peer,
    probeRetention: probe,
    deadletterRetention: deadletter,
  } = config;
  const { indexMode, shards, replicas } = config;
  return { retention: { flow, peer, probe, deadletter }, indexMode, shards, replicas };
}

/** All of it is idempotent, so that it may begin anew. */
async function withPatience(
  waitMs: number,
  { clock, signal }: CommandContext,
  options: SetupOptions,
): Promise<SetupResult> {
  const endMs = clock.now() + waitMs;
  const backoff = new Backoff(FIRST_WAIT_MS, LONGEST_WAIT_MS);
  for (;;) {
    try {
      return await setUpElasticsearch(options);
    } catch (error) {
      const mayPass = error instanceof FlowtapError && error.code === 'ELASTICSEARCH_UNAVAILABLE';
      if (!mayPass || clock.now() >= endMs || signal.aborted) throw error;
      await clock.sleep(backoff.next(), signal);
    }
  }
}

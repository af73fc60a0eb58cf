import { countOf } from '../../console/page/format.ts';
import type { ConfigOf } from '../../runtime/config.ts';
import { flag, integer, oneOf } from '../../runtime/config-values.ts';
import { elasticsearchClient } from '../../runtime/elasticsearch/elasticsearch-client.ts';
import { FlowtapError } from '../../runtime/errors.ts';
import { Terminal } from '../../runtime/terminal.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_INTERRUPTED, EXIT_SUCCESS } from '../exit-codes.ts';
import { FlowSearch } from '../flows/flow-search.ts';
import { keepLooking } from '../flows/keep-looking.ts';
import { TextOutput } from '../flows/text-output.ts';
import type { Ranking } from '../top/rank.ts';
import { SORTS } from '../top/rank.ts';
import { groupingOf } from '../top/ranked.ts';
import { LEVEL_WORDS, RANKED_WORDS } from '../top/ranked-words.ts';
import { rankingJson, rankingNdjson } from '../top/ranking-json.ts';
import { rankingText } from '../top/ranking-text.ts';
import { readRanking } from '../top/read-ranking.ts';
import { CRITERIA_SETTINGS, criteriaOf } from './criteria-settings.ts';
import { ELASTICSEARCH_SETTINGS, elasticsearchAccess } from './elasticsearch-settings.ts';
import { OBSERVE_SETTINGS } from './observe.ts';

const DEFAULT_SPAN_MS = 900_000;
/** ECMA-48: CUP (to the top left), then ED (erase to the end of the screen). */
const CLEAR = '\u001b[H\u001b[J';
/** What stands above and below a table in place. */
const OTHER_LINES = 4;

export const TOP_SETTINGS = {
  sort: {
    flag: '--sort <by>',
    env: 'FLOWTAP_SORT',
    parse: oneOf(...SORTS),
    default: 'bytes',
    doc: `${SORTS.join(', ')} (payload)`,
  },
  ends: {
    flag: '--ends <which>',
    env: 'FLOWTAP_ENDS',
    parse: oneOf('both', 'from', 'to'),
    default: 'both',
    doc: 'rank both ends of flows, only those that opened them (from), or only those that answered (to)',
  },
  level: {
    flag: '--level <what>',
    env: 'FLOWTAP_LEVEL',
    parse: oneOf(...LEVEL_WORDS),
    default: 'services',
    doc: 'with pairs: pairs of what',
  },
  ports: {
    flag: '--ports',
    env: 'FLOWTAP_PORTS',
    parse: flag(),
    default: 'false',
    doc: 'with pairs: each port and protocol apart',
  },
  limit: { ...OBSERVE_SETTINGS.limit, parse: integer(1, 100_000), default: '20', doc: 'rows to show' },
  output: {
    flag: '-o, --output <format>',
    env: 'FLOWTAP_OUTPUT_FORMAT',
    parse: oneOf('table', 'json', 'ndjson'),
    default: 'table',
    doc: 'table, json (one object) or ndjson (an object a row)',
  },
  watch: {
    flag: '-w, --watch',
    env: 'FLOWTAP_WATCH',
    parse: flag(),
    default: 'false',
    doc: 'show it again and again until Ctrl-C; in a terminal, in place',
  },
  intervalMs: { ...OBSERVE_SETTINGS.intervalMs, default: '5s', doc: 'with --watch: how often' },
  ...CRITERIA_SETTINGS,
  since: { ...CRITERIA_SETTINGS.since, doc: `${CRITERIA_SETTINGS.since.doc} (15m)` },
  maxGroups: {
    flag: '--max-groups <count>',
    env: 'FLOWTAP_MAX_GROUPS',
    parse: integer(5000, 10_000_000),
    default: '100000',
    doc: 'combinations of names to look at, about 1 KiB each; with more, numbers are of a part, and that is said',
  },
  ...ELASTICSEARCH_SETTINGS,
} as const;

export type TopConfig = ConfigOf<typeof TOP_SETTINGS>;

/** `flowtap top`: who has the most traffic, on standard output. */
export async function runTopCommand(
  args: readonly string[],
  config: TopConfig,
  context: CommandContext,
): Promise<number> {
  const [what] = args;
  const arePairs = what === 'pairs';
  const grouping = args.length === 1 ? groupingOf(arePairs ? config.level : what) : undefined;
  if (grouping === undefined) {
    throw new FlowtapError('CONFIG_INVALID', 'config', `What is to be ranked? One of ${RANKED_WORDS}.`);
  }
  const { clock, standardOutput, terminal } = context;
  criteriaOf(config, clock.now(), DEFAULT_SPAN_MS);
  const client = elasticsearchClient(elasticsearchAccess(config, `flowtap-top/${context.version}`));
  const search = new FlowSearch({ client, index: `logs-flowtap.flow-${config.dataStreamNamespace}` });
  const output = new TextOutput(standardOutput);
  const screen = new Terminal(standardOutput, context.program.environment);
  const signal = AbortSignal.any([context.signal, output.closed]);
  const { sort } = config;
  const isInPlace = config.watch && config.output === 'table' && screen.interactive;
  const limit = (): number => {
    const room = isInPlace ? (standardOutput.rows ?? Number.POSITIVE_INFINITY) - OTHER_LINES : config.limit;
    return Math.max(1, Math.min(config.limit, room));
  };

  const show = async (): Promise<void> => {
    const nowMs = clock.now();
    const criteria = criteriaOf(config, nowMs, DEFAULT_SPAN_MS);
    const ranking = await readRanking(
      search,
      {
        ...{ criteria, grouping, sort },
        ends: arePairs ? 'pairs' : config.ends,
        withPorts: config.ports,
        limit: limit(),
        maxGroups: config.maxGroups,
      },
      signal,
    );
    const frame = { what, arePairs, sort, fromMs: criteria.fromMs, toMs: criteria.toMs ?? nowMs };
    if (config.output === 'json') await output.write(rankingJson(ranking, frame));
    else if (config.output === 'ndjson') await output.write(rankingNdjson(ranking, frame));
    else {
      const maxWidth = screen.interactive ? standardOutput.columns : undefined;
      const paint = (...painted: Parameters<Terminal['paint']>): string => screen.paint(...painted);
      const table = rankingText(ranking, { arePairs, withPorts: config.ports, sort, maxWidth, paint });
      const title = `flowtap top ${what}, by ${sort}, ${new Date(nowMs).toISOString()}\n\n`;
      await output.write(isInPlace ? `${CLEAR}${title}${table}` : table);
    }
    for (const text of remarks(ranking, config)) terminal.line(text);
  };

  try {
    if (config.watch) {
      const look = async (): Promise<boolean> => {
        await show();
        return true;
      };
      const say = (text: string): void => terminal.line(text);
      await keepLooking({ look, intervalMs: config.intervalMs, say, clock, signal });
    } else await show();
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await output.flush();
    await client.close();
  }
  return context.signal.aborted && !config.watch ? EXIT_INTERRUPTED : EXIT_SUCCESS;
}

/** What a table does not say. */
function remarks({ rows, found, isPartial }: Ranking, { maxGroups }: TopConfig): string[] {
  const texts: string[] = [];
  if (found === 0) texts.push('No flow is as asked for.');
  if (rows.length < found) texts.push(`The first ${rows.length} of ${countOf(found, 'row')}.`);
  if (isPartial) {
    texts.push(
      `There are more than --max-groups ${maxGroups} combinations of names: all numbers are of a part, and the first may be missing. Narrow the question.`,
    );
  }
  return texts;
}

import type { FlowDocument } from '../../console/flow-source.ts';
import { countOf } from '../../console/page/format.ts';
import type { ConfigOf } from '../../runtime/config.ts';
import { duration, flag, integer, oneOf } from '../../runtime/config-values.ts';
import { elasticsearchClient } from '../../runtime/elasticsearch/elasticsearch-client.ts';
import { FlowtapError } from '../../runtime/errors.ts';
import { Terminal } from '../../runtime/terminal.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_INTERRUPTED, EXIT_SUCCESS } from '../exit-codes.ts';
import { FlowSearch } from '../flows/flow-search.ts';
import { TextOutput } from '../flows/text-output.ts';
import { FLOW_FORMATS, flowPrinter } from '../observe/flow-printer.ts';
import { observeFlows } from '../observe/observe-flows.ts';
import { CRITERIA_SETTINGS, criteriaOf } from './criteria-settings.ts';
import { ELASTICSEARCH_SETTINGS, elasticsearchAccess } from './elasticsearch-settings.ts';

/** As many as a screen shows. */
const DEFAULT_LAST = 20;
const MAX_LAST = 10_000;

export const OBSERVE_SETTINGS = {
  follow: {
    flag: '-f, --follow',
    env: 'FLOWTAP_FOLLOW',
    parse: flag(),
    default: 'false',
    doc: 'show what comes from now on, until Ctrl-C; with --since or --last first what was',
  },
  last: {
    flag: '--last <count>',
    env: 'FLOWTAP_LAST',
    parse: integer(1, MAX_LAST),
    doc: `the newest so many (${DEFAULT_LAST}, where no time is named)`,
  },
  limit: {
    flag: '--limit <count>',
    env: 'FLOWTAP_LIMIT',
    parse: integer(1, 1_000_000_000),
    doc: 'the first so many, then end',
  },
  output: {
    flag: '-o, --output <format>',
    env: 'FLOWTAP_OUTPUT_FORMAT',
    parse: oneOf(...FLOW_FORMATS),
    default: 'table',
    doc: 'table, compact (a line each that needs no header), json (an array of documents) or ndjson (a document a line)',
  },
  peer: {
    flag: '--peer',
    env: 'FLOWTAP_PEER',
    parse: flag(),
    default: 'false',
    doc: "the other ends' observations of the same conversations, which do not count",
  },
  ...CRITERIA_SETTINGS,
  intervalMs: {
    flag: '--interval <duration>',
    env: 'FLOWTAP_INTERVAL',
    parse: duration(200),
    default: '2s',
    doc: 'with --follow: how often to look',
  },
  lateMs: {
    flag: '--late <duration>',
    env: 'FLOWTAP_LATE',
    parse: duration(10_000),
    default: '60s',
    doc: 'with --follow: how long after it was made a document may become visible and still be shown',
  },
  maxSeen: {
    flag: '--max-seen <count>',
    env: 'FLOWTAP_MAX_SEEN',
    parse: integer(1000, 10_000_000),
    default: '200000',
    doc: 'with --follow: flows to remember, 200 bytes each, so that none is shown twice',
  },
  ...ELASTICSEARCH_SETTINGS,
} as const;

export type ObserveConfig = ConfigOf<typeof OBSERVE_SETTINGS>;

/** `flowtap observe`: flows of Elasticsearch on standard output. */
export async function runObserveCommand(config: ObserveConfig, context: CommandContext): Promise<number> {
  checkTogether(config);
  const { clock, standardOutput, terminal } = context;
  const criteria = criteriaOf(config, clock.now());
  const client = elasticsearchClient(elasticsearchAccess(config, `flowtap-observe/${context.version}`));
  const output = new TextOutput(standardOutput);
  const screen = new Terminal(standardOutput, context.program.environment);
  const printer = flowPrinter(config.output, {
    columns: () => (screen.interactive ? standardOutput.columns : undefined),
    paint: (style, text) => screen.paint(style, text),
  });
  const isAllTime = criteria.fromMs === undefined && criteria.toMs === undefined;
  const isPast = !config.follow || config.last !== undefined || !isAllTime;
  const last = config.last ?? (isAllTime && config.limit === undefined ? DEFAULT_LAST : undefined);
  const stream = config.peer ? 'flowtap-peer' : 'logs-flowtap.flow';
  try {
    const { shown, left } = await observeFlows({
      search: new FlowSearch({ client, index: `${stream}-${config.dataStreamNamespace}` }),
      criteria,
      past: isPast ? { last } : undefined,
      limit: config.limit,
      follow: config.follow && {
        intervalMs: config.intervalMs,
        lateMs: config.lateMs,
        maxSeen: config.maxSeen,
      },
      show: (documents: readonly FlowDocument[]) => output.write(printer.print(documents)),
      say: (text) => terminal.line(text),
      clock,
      signal: AbortSignal.any([context.signal, output.closed]),
    });
    await output.write(printer.end());
    if (left > 0) terminal.line(`${countOf(left, 'more flow')}; --limit is ${config.limit}.`);
    if (shown === 0 && !config.follow) terminal.line('No flow is as asked for.');
  } finally {
    await output.flush();
    await client.close();
  }
  return context.signal.aborted && !config.follow ? EXIT_INTERRUPTED : EXIT_SUCCESS;
}

function checkTogether({ follow, until, last, limit, output }: ObserveConfig): void {
  const complaints = [
    follow && until !== undefined && '--until and --follow exclude each other.',
    follow && output === 'json' && '--output json is one array, which has no end with --follow: take ndjson.',
    last !== undefined && limit !== undefined && 'Either --last or --limit is to be given, not both.',
  ].filter((complaint) => complaint !== false);
  if (complaints.length > 0) throw new FlowtapError('CONFIG_INVALID', 'config', complaints.join('\n'));
}

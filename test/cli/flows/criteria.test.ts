import type { Client } from '@elastic/elasticsearch';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CRITERIA_SETTINGS, criteriaOf } from '../../../services/cli/commands/criteria-settings.ts';
import { criteriaQuery } from '../../../services/cli/flows/criteria-query.ts';
import { FlowSearch } from '../../../services/cli/flows/flow-search.ts';
import type { FlowDocument } from '../../../services/console/flow-source.ts';
import { textAt } from '../../../services/console/shape/read-document.ts';
import { loadConfig, longFlag } from '../../../services/runtime/config.ts';
import { elasticsearchClient } from '../../../services/runtime/elasticsearch/elasticsearch-client.ts';
import { FlowtapError } from '../../../services/runtime/errors.ts';
import { ELASTICSEARCH_START_MS, elasticsearchUnavailable } from '../../servers/elasticsearch.ts';
import type { QuestionStreams } from '../../support/question-streams.ts';
import { writeQuestionStreams } from '../../support/question-streams.ts';

const unavailable = elasticsearchUnavailable();
const { signal } = new AbortController();
const NAMES = new Map(Object.entries(CRITERIA_SETTINGS).map(([name, setting]) => [longFlag(setting), name]));

let streams: QuestionStreams;
let flows: readonly FlowDocument[];
let client: Client;

beforeAll(async () => {
  if (unavailable !== undefined) return;
  streams = await writeQuestionStreams('criteria');
  flows = streams.documents
    .filter(({ stream }) => stream.startsWith('logs-'))
    .map(({ body }) => JSON.parse(body));
  const access = { requestTimeoutMs: 30_000, isCompressed: false, userAgent: 'test' };
  client = elasticsearchClient({ urls: [streams.url], ...access });
}, ELASTICSEARCH_START_MS);
afterAll(() => client?.close());

/** What the flags of a command line ask for. */
function criteria(...args: readonly string[]) {
  const flags: Record<string, string> = {};
  for (const [index, flag] of args.entries()) {
    if (!flag.startsWith('--')) continue;
    const value = args[index + 1];
    flags[NAMES.get(flag)!] = value === undefined || value.startsWith('--') ? 'true' : value;
  }
  return criteriaOf(loadConfig(CRITERIA_SETTINGS, { flags, env: {} }), Date.now());
}

async function find(...args: readonly string[]): Promise<string[]> {
  const search = new FlowSearch({ client, index: `logs-flowtap.flow-${streams.namespace}`, pageSize: 7 });
  const query = criteriaQuery(criteria(...args));
  const found: string[] = [];
  await search.snapshot(signal, async (snapshot) => {
    const page = { query, sort: ['@timestamp'], order: 'asc', withDocuments: true } as const;
    for await (const hits of snapshot.pages(page)) found.push(...hits.map(({ document }) => idOf(document)));
  });
  return found.sort();
}

const idOf = (document: FlowDocument): string => textAt(document, 'event.id') ?? '';

type Holds = (read: (field: string) => string | undefined) => boolean;
const from: (namespace: string) => Holds = (namespace) => (read) =>
  read('source.kubernetes.namespace') === namespace;
const to: (namespace: string) => Holds = (namespace) => (read) =>
  read('destination.kubernetes.namespace') === namespace;
const any =
  (...tests: readonly Holds[]): Holds =>
  (read) =>
    tests.some((holds) => holds(read));
const all =
  (...tests: readonly Holds[]): Holds =>
  (read) =>
    tests.every((holds) => holds(read));
const not =
  (holds: Holds): Holds =>
  (read) =>
    !holds(read);
const is =
  (field: string, ...values: readonly (string | undefined)[]): Holds =>
  (read) =>
    values.includes(read(field));
const either = (test: (side: string) => Holds): Holds => any(test('source'), test('destination'));
const label = (side: string, key: string): string => `${side}.kubernetes.pod.labels.${key}`;
const pod = (side: string): string => `${side}.kubernetes.pod.name`;

/** What is asked for, and which flows are meant. */
const CASES: readonly [line: string, holds: Holds][] = [
  ['', () => true],
  ['--namespace shop', any(from('shop'), to('shop'))],
  ['--namespace shop,tenant-a', any(from('shop'), to('shop'), from('tenant-a'), to('tenant-a'))],
  ['--namespace tenant-*', any(from('tenant-a'), to('tenant-a'), from('tenant-b'), to('tenant-b'))],
  ['--namespace !shop', not(any(from('shop'), to('shop')))],
  ['--from-namespace tenant-a --to-namespace !tenant-a', all(from('tenant-a'), not(to('tenant-a')))],
  ['--to-namespace !*', is('destination.kubernetes.namespace', undefined)],
  ['--pod cart-2', either((side) => is(pod(side), 'cart-2'))],
  ['--pod shop/cart-2', either((side) => is(pod(side), 'cart-2'))],
  ['--pod depot/cart-2', () => false],
  ['--to-pod stock-*,!stock-2', is(pod('destination'), 'stock-0', 'stock-1')],
  // Both of the same end, whichever it is.
  ['--namespace shop --pod stock-0', () => false],
  ['--namespace depot --pod stock-0', either((side) => is(pod(side), 'stock-0'))],
  ['--to-service cart', is('destination.kubernetes.service.name', 'cart')],
  ['--to-service depot/*', is('destination.kubernetes.service.name', 'stock')],
  ['--workload shop/web', either((side) => is(`${side}.kubernetes.workload.name`, 'web'))],
  ['--from-workload depot/web', () => false],
  ['--to-label app=cart', is(label('destination', 'app'), 'cart')],
  ['--to-label app.kubernetes.io/version=2.0', is(label('destination', 'app.kubernetes.io/version'), '2.0')],
  [
    '--to-label app in (cart, stock),tier!=db',
    all(is(label('destination', 'app'), 'cart', 'stock'), not(is(label('destination', 'tier'), 'db'))),
  ],
  [
    '--to-label !tier',
    all(is(label('destination', 'tier'), undefined), not(is(pod('destination'), undefined))),
  ],
  [
    '--to-label tier notin (db)',
    all(not(is(label('destination', 'tier'), 'db')), not(is(pod('destination'), undefined))),
  ],
  ['--label track', either((side) => not(is(label(side, 'track'), undefined)))],
  ['--label app==web,tier=front', either((side) => is(label(side, 'app'), 'web'))],
  ['--ip 203.0.113.9', is('destination.ip', '203.0.113.9')],
  ['--to-ip 203.0.113.0/24,198.51.100.0/24', is('destination.ip', '203.0.113.9', '198.51.100.7')],
  // The address that was called.
  ['--ip 10.96.0.10', is('flowtap.original.destination.ip', '10.96.0.10')],
  ['--to-ip !10.0.0.0/8', not((read) => read('destination.ip')!.startsWith('10.'))],
  ['--port 5432', is('destination.port', '5432')],
  ['--to-port 400-500,53', is('destination.port', '443', '53')],
  ['--from-port 50001', is('source.port', '50001')],
  ['--port !80,!443', not(any(is('destination.port', '443'), is('flowtap.original.destination.port', '80')))],
  ['--transport udp', is('network.transport', 'udp')],
  ['--external', is('flowtap.destination.named_by', 'external')],
  ['--named-by unknown', is('flowtap.destination.named_by', 'unknown')],
  ['--from-named-by unknown', () => false],
  ['--nat inferred', is('flowtap.nat.evidence', 'inferred')],
  ['--nat none', is('flowtap.nat.evidence', undefined)],
  ['--nat none,conntrack', not(is('flowtap.nat.evidence', 'inferred'))],
  ['--end-reason fin,rst', is('flowtap.end_reason', 'fin', 'rst')],
  ['--refused', is('source.port', '50009')],
  ['--unanswered', is('source.port', '50010')],
  ['--lossy', is('source.port', '42100')],
  ['--since 1h', () => true],
  ['--until 1h', () => false],
  ['--since 2000-01-01T00:00:00Z --until 2000-01-02T00:00:00+01:00', () => false],
];

/** Words of a line; a selector may have spaces. */
const words = (line: string): string[] => (line === '' ? [] : line.split(/ (?=--)|(?<=--\S+) /));

describe('finds exactly the flows that are meant:', () => {
  beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

  test.each(CASES)('%s', async (line, holds) => {
    const meant = flows.filter((flow) => holds((field) => textAt(flow, field))).map(idOf);
    expect(await find(...words(line))).toEqual(meant.sort());
  });

  test('nothing where there is no such stream', async () => {
    const search = new FlowSearch({ client, index: 'logs-flowtap.flow-nobody_has_this' });
    const count = await search.snapshot(signal, (snapshot) => snapshot.count(criteriaQuery(criteria())));
    expect(count).toBe(0);
  });

  test('most of these are about some flows, and not all', () => {
    const counts = CASES.map(
      ([, holds]) => flows.filter((flow) => holds((field) => textAt(flow, field))).length,
    );
    expect(counts.filter((count) => count > 0 && count < flows.length).length).toBeGreaterThan(
      CASES.length / 2,
    );
  });
});

describe('what cannot be used is said:', () => {
  test.each([
    ['--namespace a/b', '--namespace (FLOWTAP_FILTER_NAMESPACE) must be a name'],
    ['--pod a/b/c', '--pod (FLOWTAP_FILTER_POD) must be a name, such as cart, shop/cart'],
    ['--label app=', undefined],
    ['--label app in (a', 'must be a label selector such as'],
    ['--label -app', 'must be a label selector such as'],
    ['--label app=a b', 'must be a label selector such as'],
    ['--label app>1', 'must be a label selector such as'],
    ['--label a,,b', 'must be a label selector such as'],
    ['--ip 10.0.0', 'must be an address such as'],
    ['--ip 10.0.0.0/33', 'must be an address such as'],
    ['--port 70000', 'must be a port such as'],
    ['--port 90-80', 'must be a port such as'],
    ['--transport TCP', 'must be a protocol such as'],
    ['--nat yes', 'must be one of conntrack, inferred, none'],
    ['--since yesterday', 'must be a time ago such as'],
    ['--since 2026-01-15', 'must be a time ago such as'],
    ['--since 2026-13-15T10:00:00Z', 'must be a time ago such as'],
    ['--since 5m --until 10m', '--since must be before --until'],
  ])('%s', (line, message) => {
    if (message === undefined) return expect(() => criteria(...words(line))).not.toThrow();
    expect(() => criteria(...words(line))).toThrow(FlowtapError);
    expect(() => criteria(...words(line))).toThrow(message);
  });
});

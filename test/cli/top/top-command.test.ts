import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { CART_CALLS, LOST_BYTES, STOCK_CALLS } from '../../fixtures/question-traffic.ts';
import { ELASTICSEARCH_START_MS, elasticsearchUnavailable } from '../../servers/elasticsearch.ts';
import { bulkCreate } from '../../support/bulk-create.ts';
import { runFlowtap } from '../../support/flowtap-process.ts';
import { startFlowtap } from '../../support/following-flowtap.ts';
import type { QuestionStreams } from '../../support/question-streams.ts';
import { writeQuestionStreams } from '../../support/question-streams.ts';
import { until } from '../../support/until.ts';

const unavailable = elasticsearchUnavailable();
const NOWHERE = ['--elasticsearch', 'http://127.0.0.1:9'];

test.each([
  [['cpus', ...NOWHERE], 'What is to be ranked? One of namespaces, services'],
  [['pods', 'pods', ...NOWHERE], 'too many arguments'],
  [[...NOWHERE], "missing required argument 'what'"],
  [['pods', ...NOWHERE, '--sort', 'size'], '--sort (FLOWTAP_SORT) must be one of bytes, packets'],
  [['pods', ...NOWHERE, '--since', '5m', '--until', '6m'], '--since must be before --until'],
])('top %j is wrong usage', async (args, message) => {
  const { exitCode, stdout, stderr } = await runFlowtap(['top', ...args]);
  expect([exitCode, stdout, stderr]).toEqual([2, '', expect.stringContaining(message)]);
});

describe('over Elasticsearch', () => {
  let streams: QuestionStreams;

  beforeEach((context) => context.skip(unavailable !== undefined, unavailable));
  beforeAll(async () => {
    if (unavailable === undefined) streams = await writeQuestionStreams('top');
  }, ELASTICSEARCH_START_MS);

  const top = (...args: readonly string[]) => runFlowtap(['top', ...args], { env: streams.env });

  interface JsonVolume {
    readonly connections: number;
    readonly source_bytes: number;
    readonly destination_bytes: number;
    readonly lost_bytes: number;
  }
  interface JsonRow extends JsonVolume {
    readonly name: string;
    readonly source: string;
    readonly destination: string;
    readonly port: number;
    readonly opened: JsonVolume;
    readonly answered: JsonVolume;
  }

  async function rows(...args: readonly string[]): Promise<readonly JsonRow[]> {
    const { stdout } = await top(...args, '-o', 'ndjson');
    return stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  test.each([
    [
      'pods',
      '--to-service shop/cart --nat conntrack',
      ['shop/cart-0', 'shop/cart-1', 'shop/cart-2'],
      CART_CALLS,
    ],
    [
      'pods',
      '--to-service depot/stock --nat inferred',
      ['depot/stock-2', 'depot/stock-0', 'depot/stock-1'],
      [14, 8, 8],
    ],
    ['versions', '--to-service shop/cart --nat conntrack', ['1.0', '2.0'], [18, 2]],
    ['label:track', '--to-service shop/cart --nat conntrack', ['stable', 'canary'], [18, 2]],
    ['workloads', '--from-namespace tenant-a', ['shop/cart', 'tenant-a/ledger'].reverse(), [2, 1]],
    ['services', '--from-namespace shop --port 80', ['depot/stock', 'shop/cart'], [30, 20]],
    ['namespaces', '--from-namespace tenant-b', ['outside of the cluster', 'tenant-a'], [2, 1]],
    ['addresses', '--external', ['198.51.100.7', '203.0.113.9'], [2, 1]],
    ['nodes', '--to-namespace tenant-a', ['node-a'], [4]],
    ['apps', '--to-namespace depot --refused', ['stock'], [1]],
  ])('%s of %s', async (what, line, names, connections) => {
    const found = await rows(what, '--ends', 'to', '--sort', 'connections', ...line.split(' '));
    expect(found.map(({ name }) => name)).toEqual(names);
    expect(found.map(({ answered }) => answered.connections)).toEqual(connections);
  });

  test('an end has what it opened and what it answered in one row', async () => {
    const { stdout } = await top('pods', '-o', 'json');
    const {
      rows: found,
      total,
      partial,
    } = JSON.parse(stdout) as {
      readonly rows: readonly JsonRow[];
      readonly total: JsonVolume;
      readonly partial: boolean;
    };
    const calls = STOCK_CALLS.reduce((sum, count) => sum + count, 0);
    expect(found.find(({ name }) => name === 'shop/cart-0')).toMatchObject({
      opened: { connections: calls, source_bytes: calls * 1500, destination_bytes: calls * 9000 },
      answered: { connections: CART_CALLS[0] + 1 },
    });
    expect([total.connections, partial]).toEqual([60, false]);
  });

  test('who lost most is the first', async () => {
    const found = await rows('pods', '--sort', 'lost', '--limit', '2');
    expect(
      found.map(({ name, opened, answered }) => [name, opened.lost_bytes + answered.lost_bytes]),
    ).toEqual([
      ['depot/stock-1', LOST_BYTES],
      ['shop/cart-0', LOST_BYTES],
    ]);
  });

  test('pairs, by ports', async () => {
    const found = await rows(
      'pairs',
      '--level',
      'pods',
      '--ports',
      '--to-namespace',
      'tenant-a',
      '--sort',
      'connections',
    );
    expect(
      found.map(({ source, destination, port, connections }) => [source, destination, port, connections]),
    ).toEqual([
      ['tenant-a/report-0', 'tenant-a/ledger-0', 5432, 2],
      ['shop/web-1', 'tenant-a/ledger-0', 5432, 1],
      ['tenant-b/backup-0', 'tenant-a/ledger-0', 5432, 1],
    ]);
    const { stdout } = await top('pairs', '--to-namespace', 'tenant-a', '--ports');
    expect(stdout).toMatch(
      /^SOURCE {2,}DESTINATION {2,}PORT {2,}SHARE .*\n\S+ +tenant-a\/ledger +tcp\/5432 /,
    );
  });

  test('says what is not shown, and of which part numbers are', async () => {
    expect((await top('pods', '--limit', '2')).stderr).toMatch(/^The first 2 of \d+ rows\.\n$/);
    expect((await top('pods', '--namespace', 'nobody')).stderr).toBe('No flow is as asked for.\n');
  });

  test('more groups than are looked at: the numbers are of a part, and that is said', async () => {
    const namespace = `${streams.namespace}_many`;
    const flow = JSON.parse(streams.documents.find(({ stream }) => stream.startsWith('logs-'))!.body);
    const documents = Array.from({ length: 5001 }, (_, index) => {
      const source = { ip: `10.99.${index >> 8}.${index & 255}`, bytes: 1, packets: 1 };
      const body = JSON.stringify({ ...flow, source, flow: { id: `${index}` } });
      return { stream: `logs-flowtap.flow-${namespace}`, id: `${index}`, body };
    });
    await bulkCreate(streams.url, documents);
    const env = { ...streams.env, FLOWTAP_DATA_STREAM_NAMESPACE: namespace };
    const ask = (...args: readonly string[]) =>
      runFlowtap(['top', 'addresses', '--ends', 'from', '-o', 'json', ...args], { env });
    const part = await ask('--max-groups', '5000');
    expect(JSON.parse(part.stdout)).toMatchObject({ found: 5000, partial: true });
    expect(part.stderr).toContain('There are more than --max-groups 5000 combinations of names');
    const whole = await ask();
    expect(JSON.parse(whole.stdout)).toMatchObject({
      found: 5001,
      partial: false,
      total: { source_bytes: 5001 },
    });
    // Said of every number above a thousand, also of one that is a sum of small ones.
    expect(JSON.parse(whole.stdout).total.connections_approximate).toBe(true);
  });

  test('--watch shows it again until Ctrl-C, which is no failure', async () => {
    const args = ['top', 'pods', '--watch', '--interval', '200ms', '-o', 'json'];
    const running = startFlowtap(args, streams.env);
    onTestFinished(() => void running.child.kill('SIGKILL'));
    await until(() => running.output().split('\n').length > 3);
    const { exitCode, stdout, stderr } = await running.interrupt();
    expect([exitCode, stderr]).toEqual([0, '']);
    const [first, second] = stdout.split('\n').map((line) => line && JSON.parse(line));
    expect(second.rows).toEqual(first.rows);
    expect(Date.parse(second.to)).toBeGreaterThan(Date.parse(first.to));
  });
});

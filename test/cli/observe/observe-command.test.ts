import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { OBSERVE_SETTINGS } from '../../../services/cli/commands/observe.ts';
import type { EnrichedDocument } from '../../../services/enrichment/document/enriched-document.ts';
import { ELASTICSEARCH_START_MS, elasticsearchUnavailable } from '../../servers/elasticsearch.ts';
import { environmentOfOwned } from '../../servers/keeper.ts';
import { bulkCreate } from '../../support/bulk-create.ts';
import { FLOWTAP_MAIN, runFlowtap } from '../../support/flowtap-process.ts';
import { startFlowtap } from '../../support/following-flowtap.ts';
import type { QuestionStreams } from '../../support/question-streams.ts';
import { writeQuestionStreams } from '../../support/question-streams.ts';
import { until } from '../../support/until.ts';

const unavailable = elasticsearchUnavailable();
const NOWHERE = ['--elasticsearch', 'http://127.0.0.1:9'];

test.each([
  [[], '--elasticsearch (FLOWTAP_ELASTICSEARCH_URL) must name an Elasticsearch'],
  [[...NOWHERE, '--follow', '--until', '5m'], '--until and --follow exclude each other'],
  [[...NOWHERE, '-f', '-o', 'json'], 'take ndjson'],
  [[...NOWHERE, '--last', '5', '--limit', '5'], 'Either --last or --limit'],
  [[...NOWHERE, '--label', 'a in (b'], '--label (FLOWTAP_FILTER_LABEL) must be a label selector'],
  [[...NOWHERE, '--from-port', 'http'], '--from-port (FLOWTAP_FILTER_FROM_PORTS) must be a port'],
])('observe %j is wrong usage', async (args, message) => {
  const { exitCode, stdout, stderr } = await runFlowtap(['observe', ...args]);
  expect([exitCode, stdout, stderr]).toEqual([2, '', expect.stringContaining(message)]);
});

test('an Elasticsearch that is not reached is a failure of a query', async () => {
  const { exitCode, stderr } = await runFlowtap(['observe', ...NOWHERE]);
  expect([exitCode, stderr]).toEqual([
    1,
    expect.stringContaining('ELASTICSEARCH_UNAVAILABLE: Could not look flows up'),
  ]);
});

test('no setting has a name that is another one with dashes elsewhere', () => {
  const variables = Object.values(OBSERVE_SETTINGS).map(({ env }) => env);
  expect(new Set(variables).size).toBe(variables.length);
});

describe('over Elasticsearch', () => {
  let streams: QuestionStreams;
  let flows: readonly EnrichedDocument[];

  beforeEach((context) => context.skip(unavailable !== undefined, unavailable));
  beforeAll(async () => {
    if (unavailable !== undefined) return;
    streams = await writeQuestionStreams('observe');
    flows = streams.documents.filter(({ stream }) => stream.startsWith('logs-'));
  }, ELASTICSEARCH_START_MS);

  const observe = (...args: readonly string[]) => runFlowtap(['observe', ...args], { env: streams.env });
  const lines = (text: string): string[] => text.split('\n').slice(0, -1);

  test('shows the newest twenty where no time is named', async () => {
    const { exitCode, stdout, stderr } = await observe('-o', 'ndjson');
    expect([exitCode, lines(stdout).length, stderr]).toEqual([0, 20, '']);
  });

  test('ndjson has whole documents, in their order', async () => {
    const { stdout } = await observe('--since', '1h', '-o', 'ndjson');
    const shown = lines(stdout).map((line) => JSON.parse(line));
    expect(shown).toHaveLength(flows.length);
    expect(shown.map(({ message }) => message).sort()).toEqual(
      flows.map(({ body }) => JSON.parse(body).message).sort(),
    );
    const keys = shown.map((each) => [each['@timestamp'], each.event.start, each.event.id].join(' '));
    expect(keys).toEqual([...keys].sort());
  });

  test('json is one array', async () => {
    const { stdout } = await observe('--since', '1h', '-o', 'json', '--namespace', 'tenant-b');
    expect(JSON.parse(stdout)).toHaveLength(3);
    const nothing = await observe('-o', 'json', '--namespace', 'nobody');
    expect([nothing.exitCode, nothing.stdout, nothing.stderr]).toEqual([
      0,
      '[]\n',
      'No flow is as asked for.\n',
    ]);
  });

  test('a table has a header and a line a flow, without colours in a pipe', async () => {
    const { stdout } = await observe('--since', '1h', '--namespace', 'tenant-b', '--external');
    const [header, ...rows] = lines(stdout).map((line) => line.split(/ {2,}/));
    expect(header).toEqual([
      'TIME (UTC)',
      'PROTO',
      'SOURCE',
      'DESTINATION',
      'SERVICE',
      'BYTES',
      'PACKETS',
      'LOST',
      'END',
    ]);
    expect(rows).toEqual(
      ['50006', '50007'].map((port) => [
        expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
        ...['tcp', `tenant-b/backup-0:${port}`, '198.51.100.7:443', '1500/9000', '10/8'],
        ...(port === '50006' ? ['fin'] : []),
      ]),
    );
  });

  test('colours are there where they are wanted', async () => {
    const env = { ...streams.env, FORCE_COLOR: '1' };
    const coloured = await runFlowtap(['observe', '--refused', '-o', 'compact'], { env });
    expect(coloured.stdout).toContain('\u001b[31m');
    const plain = await runFlowtap(['observe', '--refused', '-o', 'compact'], {
      env: { ...env, NO_COLOR: '1' },
    });
    expect(plain.stdout).toMatch(
      /^\S+Z tcp shop\/web-1:50009 -> depot\/stock-0:5432 \(depot\/stock\) 60\/40 bytes 1\/1 packets rst\n$/,
    );
  });

  test('--last takes the newest, --limit the first, and says what is left', async () => {
    const all = lines((await observe('--since', '1h', '-o', 'ndjson')).stdout);
    expect(lines((await observe('--last', '3', '-o', 'ndjson')).stdout)).toEqual(all.slice(-3));
    const first = await observe('--since', '1h', '--limit', '3', '-o', 'ndjson');
    expect(lines(first.stdout)).toEqual(all.slice(0, 3));
    expect(first.stderr).toBe(`${flows.length - 3} more flows; --limit is 3.\n`);
  });

  test("--peer shows the other ends' observations", async () => {
    const { stdout } = await observe('--since', '1h', '--peer', '-o', 'ndjson');
    expect(lines(stdout)).toHaveLength(streams.documents.length - flows.length);
  });

  test('a reader that goes away is no failure', async () => {
    const command = `"${process.execPath}" "${FLOWTAP_MAIN}" observe --since 1h -o ndjson | head -n 1; echo "$\{PIPESTATUS[0]}"`;
    const env = { ...environmentOfOwned(), ...streams.env };
    const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-c', command], { env });
    const [document, status] = lines(stdout);
    expect([JSON.parse(document).type, status, stderr]).toEqual(['flow', '0', '']);
  });

  describe('followed', () => {
    /** A document like the others, made now, with a start of its own. */
    const made = (agoMs: number): EnrichedDocument => {
      const document = JSON.parse(flows[0].body);
      const id = randomBytes(6).toString('hex');
      document.event.id = id;
      document.event.ingested = new Date(Date.now() - agoMs).toISOString();
      return { stream: `logs-flowtap.flow-${streams.namespace}`, id, body: JSON.stringify(document) };
    };
    const idsIn = (text: string): string[] => lines(text).map((line) => JSON.parse(line).event.id);
    const follow = (...args: readonly string[]) => {
      const running = startFlowtap(
        ['observe', '-f', '-o', 'ndjson', '--interval', '200ms', ...args],
        streams.env,
      );
      onTestFinished(() => void running.child.kill('SIGKILL'));
      return running;
    };

    test('shows what comes, also what comes late, once; Ctrl-C is no failure', async () => {
      const running = follow('--since', '1h');
      await until(() => lines(running.output()).length >= flows.length);
      const before = lines(running.output()).length;
      const written: string[] = [];
      // Each next one was made earlier than the one before: none comes in its order.
      for (const agoMs of [0, 2000, 9000, 30_000, 0, 50_000]) {
        const document = made(agoMs);
        await bulkCreate(streams.url, [document]);
        written.push(document.id);
        await until(() => idsIn(running.output()).includes(document.id));
      }
      const { exitCode, stdout, stderr } = await running.interrupt();
      expect([exitCode, stderr]).toEqual([0, '']);
      expect(idsIn(stdout).slice(before)).toEqual(written);
      expect(new Set(idsIn(stdout)).size).toBe(idsIn(stdout).length);
    });

    test('shows nothing of what was, and only what is asked for', async () => {
      const running = follow('--to-service', 'shop/cart', '--limit', '1');
      // It looks at what is there before it follows: whatever comes meanwhile may be one or the other.
      const writing = (async () => {
        while (running.child.exitCode === null) await bulkCreate(streams.url, [made(0)]);
      })();
      await until(() => running.child.exitCode !== null);
      await writing;
      expect(running.child.exitCode).toBe(0);
      expect(lines(running.output())).toHaveLength(1);
      expect(JSON.parse(running.output()).destination.kubernetes.service.name).toBe('cart');
    });
  });
});

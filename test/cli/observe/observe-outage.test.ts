import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { questionDocuments } from '../../fixtures/question-traffic.ts';
import {
  ELASTICSEARCH_START_MS,
  elasticsearchUnavailable,
  startElasticsearch,
} from '../../servers/elasticsearch.ts';
import { bulkCreate } from '../../support/bulk-create.ts';
import { startFlowtap } from '../../support/following-flowtap.ts';
import { setUpElasticsearch } from '../../support/set-up-elasticsearch.ts';
import { until } from '../../support/until.ts';

const unavailable = elasticsearchUnavailable();
beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

test(
  'follows over a crash of Elasticsearch: says so, misses nothing, doubles nothing',
  async () => {
    const elasticsearch = await startElasticsearch();
    onTestFinished(() => elasticsearch.stop());
    await setUpElasticsearch(elasticsearch.setupUrl);
    const documents = (await questionDocuments('outage', Date.now())).filter(({ stream }) =>
      stream.startsWith('logs-'),
    );
    const [first, second] = [documents.slice(0, 20), documents.slice(20)];
    const args = ['observe', '--follow', '-o', 'compact', '--interval', '200ms'];
    const running = startFlowtap([...args, '--elasticsearch', elasticsearch.url]);
    onTestFinished(() => void running.child.kill('SIGKILL'));
    // Before the first look these would be what was; there is none without a stream, so one makes it, and does not count.
    const begin = {
      ...first[0],
      id: 'begin',
      body: first[0].body.replace('"transport":"tcp"', '"transport":"sctp"'),
    };
    expect(begin.body).not.toBe(first[0].body);
    const shown = (): number =>
      running
        .output()
        .split('\n')
        .filter((line) => line !== '' && !line.includes(' sctp ')).length;
    await bulkCreate(elasticsearch.url, [begin]);
    await elasticsearch.kill();
    await until(() => running.complaints().includes('Trying again until it answers.'));
    await elasticsearch.restart();
    await until(() => running.complaints().includes('Elasticsearch answers again'));
    await bulkCreate(elasticsearch.url, first);
    await until(() => shown() >= first.length);
    await bulkCreate(elasticsearch.url, second);
    await until(() => shown() >= documents.length);
    const { exitCode } = await running.interrupt();
    expect(exitCode).toBe(0);
    expect(shown()).toBe(documents.length);
  },
  ELASTICSEARCH_START_MS,
);

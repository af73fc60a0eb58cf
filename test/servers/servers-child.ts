// Starts what its argument names and waits to be killed: killed-run.test.ts.
import { spawn } from 'node:child_process';
import { TemporaryFolder } from '../fixtures/temporary-folder.ts';
import { TestNetwork } from '../integration/namespaces.ts';
import { startElasticsearch } from './elasticsearch.ts';
import { startMemcached } from './memcached.ts';
import { startPostgres } from './postgres.ts';

const START: Readonly<Record<string, () => unknown>> = {
  memcached: startMemcached,
  postgres: startPostgres,
  elasticsearch: startElasticsearch,
  folder: () => new TemporaryFolder(),
  namespace: () => new TestNetwork().addNamespace('one').spawn('sleep', ['1000']),
  process() {
    new TemporaryFolder();
    spawn('setsid', ['sh', '-c', 'sleep 1000 & wait']);
  },
};

await START[process.argv[2]]();
// Its parent keeps the channel open.
process.on('message', () => undefined);

import { expect, test } from 'vitest';
import { MemoryObjectSource } from '../../services/runtime/kubernetes/memory-object-source.ts';
import { PODS } from '../../services/runtime/kubernetes/resource-kind.ts';
import { openDatabase } from './database.ts';
import { podObject } from './kubernetes-objects.ts';
import { startAgent } from './running-agent.ts';

/** The API server checks labels and names of its own, but not what an owner is called. */
test('a text that PostgreSQL does not take keeps no list from being stored', {
  timeout: 30_000,
}, async () => {
  const database = await openDatabase('PGlite');
  if (typeof database === 'string') throw new Error(database);
  const { sql } = database;
  const source = new MemoryObjectSource();
  const owner = { kind: 'ReplicaSet', name: 'a\0b \\u0000', uid: 'owner' };
  source.apply(PODS, podObject('odd', { ips: ['10.0.0.1'], owner }));
  source.apply(PODS, podObject('other', { ips: ['10.0.0.2'] }));
  const running = await startAgent(sql, source);
  const stored = await sql.query(
    "select name, data #>> '{owner,name}' as owner from kubernetes_objects where kind = 'Pod' order by name",
  );
  expect(stored).toEqual([
    { name: 'odd', owner: 'a\ufffdb \\u0000' },
    { name: 'other', owner: null },
  ]);
  await running.stop();
  await database.close();
});

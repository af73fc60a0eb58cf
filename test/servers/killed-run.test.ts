import { execFileSync, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { namespacesUnavailable } from '../integration/namespaces.ts';
import { until } from '../support/until.ts';
import { ELASTICSEARCH_START_MS, elasticsearchUnavailable } from './elasticsearch.ts';
import { memcachedUnavailable } from './memcached.ts';
import { postgresUnavailable } from './postgres.ts';
import type { RunningProcess } from './process-tree.ts';
import { descendants, runningProcesses } from './process-tree.ts';
import { makeRunFolder } from './run-folder.ts';

const folder = makeRunFolder('killed-run');
const noNamespaces = namespacesUnavailable();

beforeEach((context) => {
  if (process.platform !== 'linux') context.skip('that a server ends with its parent is a matter of Linux');
});

/** Folders and namespaces that carry the id of a process. */
function leftBy(pid: number): readonly string[] {
  const folders = readdirSync(dirname(folder)).filter((name) => name.startsWith(`flowtap-test-${pid}-`));
  if (noNamespaces !== undefined) return folders;
  const namespaces = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' }).split('\n');
  return [...folders, ...namespaces.filter((name) => name.startsWith(`flowtap-${pid}-`))];
}

interface Case {
  readonly what: string;
  readonly unavailable: string | undefined;
  /** The process is killed when it has such a descendant. */
  readonly command: RegExp;
}

const CASES: readonly Case[] = [
  { what: 'postgres', unavailable: postgresUnavailable(), command: /^postgres: walwriter/ },
  { what: 'memcached', unavailable: memcachedUnavailable(), command: /memcached\0/ },
  // Its launcher has started it, but it is far from ready and does not see yet that its launcher goes.
  { what: 'elasticsearch', unavailable: elasticsearchUnavailable(), command: /java\0.*-Des\.networkaddress/ },
  { what: 'namespace', unavailable: noNamespaces, command: /sleep\0/ },
  { what: 'process', unavailable: undefined, command: /sleep\0/ },
  { what: 'folder', unavailable: undefined, command: /^sh\0/ },
];

test.for(CASES)(
  'a process that is killed leaves nothing behind: $what',
  { timeout: ELASTICSEARCH_START_MS },
  async ({ what, unavailable, command }, context) => {
    if (unavailable !== undefined) context.skip(unavailable);
    const child = fork(join(import.meta.dirname, 'servers-child.ts'), [what], { stdio: 'inherit' });
    const pid = Number(child.pid);
    const family = (): readonly RunningProcess[] => descendants(pid);
    await until(() => family().some((process) => command.test(process.command)) && leftBy(pid).length > 0);
    const pids = new Set(family().map((process) => process.pid));
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(() => !runningProcesses().some((process) => pids.has(process.pid)));
    expect(leftBy(pid)).toEqual([]);
  },
);

test('folders of processes that are no more are taken away', () => {
  const { pid } = spawnSync('true');
  const left = join(dirname(folder), `flowtap-test-${pid}-left-over`);
  mkdirSync(left);
  makeRunFolder('next');
  expect(existsSync(left)).toBe(false);
});

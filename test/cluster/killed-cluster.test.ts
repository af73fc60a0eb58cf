import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { runningProcesses } from '../servers/process-tree.ts';
import { until } from '../support/until.ts';
import { nodesUnavailable } from './nodes/node-cluster.ts';

const unavailable = nodesUnavailable();

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

const output = (command: string, ...args: readonly string[]): string =>
  execFileSync(command, args, { encoding: 'utf8' });

/** The kernel's and the machine's own, where a node could leave something. */
function surroundings(): Readonly<Record<string, unknown>> {
  return {
    folders: ['/var/lib', '/var/log', '/run', '/opt', '/etc/cni'].map((folder) => [folder, listed(folder)]),
    parameters: [
      'vm/overcommit_memory',
      'kernel/panic',
      'kernel/panic_on_oops',
      'kernel/keys/root_maxkeys',
    ].map((name) => [name, readFileSync(`/proc/sys/${name}`, 'utf8')]),
    routes: output('ip', 'route', 'show', 'table', 'all')
      .replaceAll(/^.*flowtap\d+.*$/gm, '')
      .trim(),
  };
}

function listed(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** What carries the id of a process. */
function leftBy(pid: number): readonly string[] {
  return [
    ...globSync(join(tmpdir(), `flowtap-test-${pid}-*`)),
    ...globSync(`/sys/fs/cgroup/{,*/}flowtap-${pid}-*`),
    ...(output('ip', 'netns', 'list').match(new RegExp(`flowtap-${pid}-\\S+`, 'g')) ?? []),
    ...(output('ip', '-brief', 'link', 'show').match(new RegExp(`flowtap${pid}\\b`, 'g')) ?? []),
    ...(readFileSync('/proc/self/mounts', 'utf8').match(new RegExp(`.*flowtap-(test-)?${pid}-.*`, 'g')) ??
      []),
    ...runningProcesses()
      .filter(({ command }) => command.includes(`flowtap-test-${pid}-`))
      .map(({ command }) => command.replaceAll('\0', ' ')),
  ];
}

test('a process that is killed leaves nothing of its cluster', async () => {
  const before = surroundings();
  const child = fork(join(import.meta.dirname, 'nodes/nodes-child.ts'), { stdio: 'inherit' });
  const pid = Number(child.pid);
  await once(child, 'message');
  const names = runningProcesses().map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['containerd', 'kubelet', 'kube-proxy', 'coredns']));
  expect(leftBy(pid).length).toBeGreaterThan(10);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await until(() => leftBy(pid).length === 0);
  expect(surroundings()).toEqual(before);
});

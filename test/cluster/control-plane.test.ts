import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ControlPlane } from '../servers/control-plane.ts';
import {
  CONTROL_PLANE_START_MS,
  controlPlaneUnavailable,
  startControlPlane,
} from '../servers/control-plane.ts';
import { kubernetesProgram } from '../servers/kubernetes-programs.ts';
import { descendants } from '../servers/process-tree.ts';
import { until } from '../support/until.ts';

const unavailable = controlPlaneUnavailable('controller-manager', 'scheduler');

let plane: ControlPlane;

beforeAll(async () => {
  if (unavailable === undefined)
    plane = await startControlPlane({ with: ['controller-manager', 'scheduler'] });
}, CONTROL_PLANE_START_MS);

afterAll(() => plane?.stop());

beforeEach((context) => {
  if (unavailable !== undefined) context.skip(unavailable);
});

const create = (object: unknown): string => plane.kubectl(['create', '-f', '-'], JSON.stringify(object));
const pods = (): string => plane.kubectl(['get', 'pods', '-o', 'name']);

/** A Deployment is made into a ReplicaSet and that into pods by the controllers. */
function createDeployment(name: string, replicas: number): void {
  const labels = { app: name };
  const spec = { containers: [{ name: 'app', image: 'example.org/app' }] };
  create({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  });
}

/** What `kubectl get --watch` says, line by line. */
function watch(kind: string): AsyncIterable<string> & { stop(): void } {
  const args = ['--kubeconfig', plane.kubeconfigPath, 'get', kind, '--watch', '-o', 'name'];
  const child = spawn(String(kubernetesProgram('kubectl')), args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout);
  return { [Symbol.asyncIterator]: () => lines[Symbol.asyncIterator](), stop: () => child.kill('SIGKILL') };
}

test('controllers make pods of a Deployment, and a watch sees them', async () => {
  const events = watch('pods');
  createDeployment('watched', 2);
  const seen = new Set<string>();
  for await (const name of events) {
    if (seen.add(name).size === 2) break;
  }
  events.stop();
  expect([...seen].every((name) => name.startsWith('pod/watched-'))).toBe(true);
});

test('the scheduler puts a pod on a node that is ready', async () => {
  create({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-a' } });
  const status = {
    conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'it is' }],
    allocatable: { cpu: '4', memory: '8Gi', pods: '100' },
    capacity: { cpu: '4', memory: '8Gi', pods: '100' },
  };
  const patch = ['patch', 'node', 'node-a', '--subresource=status', '--type=merge', '-p'];
  plane.kubectl([...patch, JSON.stringify({ status })]);
  createDeployment('placed', 1);
  const nodes = ['get', 'pods', '-l', 'app=placed', '-o', 'jsonpath={.items[*].spec.nodeName}'];
  await until(() => plane.kubectl(nodes) === 'node-a');
});

test('what was written is there when etcd and the API server were killed', async () => {
  const before = pods();
  await Promise.all([plane.kill('apiserver'), plane.kill('etcd')]);
  expect(pods).toThrow('refused');
  await plane.restart('etcd');
  await plane.restart('apiserver');
  expect(pods().split('\n')).toEqual(expect.arrayContaining(before.trim().split('\n')));
});

test('stop leaves no process and no file', async () => {
  const names = (): readonly string[] => descendants(process.pid).map(({ name }) => name);
  expect(names()).toEqual(
    expect.arrayContaining(['etcd', 'kube-apiserver', 'kube-controller', 'kube-scheduler']),
  );
  await plane.stop();
  expect(names().filter((name) => /etcd|kube/.test(name))).toEqual([]);
  expect(existsSync(plane.folder)).toBe(false);
});

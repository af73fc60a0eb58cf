import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { admissionReview } from '../test/fixtures/running-admission.ts';
import { makeCertificate } from '../test/fixtures/server-certificate.ts';
import { TemporaryFolder } from '../test/fixtures/temporary-folder.ts';
import { onPath } from './programs.ts';
import type { Table } from './table.ts';
import { decimal, integer } from './table.ts';

interface WebhookResult {
  readonly what: string;
  readonly perSecond: number;
  readonly requests: number;
  readonly failed: number;
  /** Milliseconds from when a request was due to its whole answer, ascending. */
  readonly latenciesMs: Float64Array;
  /** Of the server, user and system. */
  readonly cpuMsPerRequest: number;
}

const CORE_OF_SERVER = '0';
/** As many as an API server keeps open to one webhook under such a load. */
const CONNECTIONS = 16;
const WARM_UP_REQUESTS = 1000;

/** A pod of three containers as an API server sends it, with the field managers that make up half of it. */
function typicalPod(): object {
  const env = Array.from({ length: 20 }, (_, index) => ({ name: `SETTING_${index}`, value: 'x'.repeat(30) }));
  const container = (name: string, port: number): object => ({
    ...{ name, image: `registry.example/shop/${name}:1.2.3`, env },
    ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }],
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  });
  const fields = Object.fromEntries(
    env.map(({ name }) => [`k:{"name":"${name}"}`, { '.': {}, 'f:value': {} }]),
  );
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: 'web-7d9f8c6b5-',
      namespace: 'shop',
      labels: { app: 'web', 'pod-template-hash': '7d9f8c6b5' },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'web-7d9f8c6b5', uid: 'u', controller: true },
      ],
      managedFields: [
        { manager: 'kube-controller-manager', operation: 'Update', fieldsV1: { 'f:spec': fields } },
      ],
    },
    spec: {
      containers: [container('web', 8080), container('cache', 6379), container('log', 9000)],
      volumes: [{ name: 'data', emptyDir: {} }],
      tolerations: [{ key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' }],
    },
  };
}

/** Why admissions cannot be measured here; undefined where they can. */
export function webhookImpossible(): string | undefined {
  if (onPath('openssl') === undefined) return 'it needs the program openssl.';
  return onPath('taskset') === undefined
    ? 'it needs the program taskset: apt-get install util-linux.'
    : undefined;
}

/** The webhook on one core and a floor beside it, each under the same loads from the other core. */
export async function benchWebhook(
  quick: boolean,
  progress: (text: string) => void,
): Promise<readonly WebhookResult[]> {
  const folder = new TemporaryFolder();
  const results: WebhookResult[] = [];
  try {
    const certificate = makeCertificate(folder.path, 'bench');
    for (const perSecond of [200, 1000]) {
      for (const what of ['floor', 'webhook']) {
        progress(`${what}: ${perSecond} admissions a second`);
        results.push(await measure(what, perSecond, quick ? 5 : 30, certificate));
      }
    }
  } finally {
    folder.remove();
  }
  return results;
}

async function measure(
  what: string,
  perSecond: number,
  seconds: number,
  { certFile, keyFile }: { readonly certFile: string; readonly keyFile: string },
): Promise<WebhookResult> {
  const script = join(import.meta.dirname, 'webhook-server.ts');
  const args = ['-c', CORE_OF_SERVER, process.execPath, script, what, certFile, keyFile];
  const child = spawn('taskset', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const agent = new Agent({ ca: readFileSync(certFile), keepAlive: true, maxSockets: CONNECTIONS });
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const target = {
      port: Number(line.toString()),
      agent,
      body: JSON.stringify(admissionReview(typicalPod())),
    };
    await load(target, WARM_UP_REQUESTS, perSecond);
    const before = cpuMs(child);
    const requests = perSecond * seconds;
    const { latenciesMs, failed } = await load(target, requests, perSecond);
    const cpuMsPerRequest = (cpuMs(child) - before) / requests;
    return { what, perSecond, requests, failed, latenciesMs: latenciesMs.sort(), cpuMsPerRequest };
  } finally {
    agent.destroy();
    child.stdin.end();
    await once(child, 'exit');
  }
}

interface Target {
  readonly port: number;
  readonly agent: Agent;
  readonly body: string;
}

/** An open loop: requests are sent when they are due, whether or not earlier ones are answered. */
async function load(
  target: Target,
  count: number,
  perSecond: number,
): Promise<{ readonly latenciesMs: Float64Array; readonly failed: number }> {
  const latenciesMs = new Float64Array(count);
  const startMs = performance.now();
  const pending: Promise<void>[] = [];
  let failed = 0;
  for (let index = 0; index < count; index++) {
    const dueMs = startMs + (index * 1000) / perSecond;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await sleep(waitMs);
    const answered = post(target).then((isGood) => {
      if (!isGood) failed++;
      latenciesMs[index] = performance.now() - dueMs;
    });
    pending.push(answered);
  }
  await Promise.all(pending);
  return { latenciesMs, failed };
}

function post({ port, agent, body }: Target): Promise<boolean> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  const options = { host: '127.0.0.1', port, agent, method: 'POST', path: '/mutate', headers };
  return new Promise((resolve, reject) => {
    request(options, (response) => {
      response.resume().once('end', () => resolve(response.statusCode === 200));
    })
      .on('error', reject)
      .end(body);
  });
}

const TICKS_PER_SECOND = 100;

/** User and system time so far (proc_pid_stat(5), fields 14 and 15). */
function cpuMs({ pid }: ChildProcess): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
}

export function webhookTable(results: readonly WebhookResult[]): Table {
  const at = (latenciesMs: Float64Array, share: number): number =>
    latenciesMs[Math.min(latenciesMs.length - 1, Math.floor(latenciesMs.length * share))];
  return {
    head: ['', 'a second', 'requests', 'failed', 'p50 ms', 'p99 ms', 'p99 over the floor', 'CPU ms each'],
    rows: results.map(({ what, perSecond, requests, failed, latenciesMs, cpuMsPerRequest }) => {
      const floor = results.find((other) => other.what === 'floor' && other.perSecond === perSecond)!;
      const ratio = at(latenciesMs, 0.99) / at(floor.latenciesMs, 0.99);
      return [
        ...[what, integer(perSecond), integer(requests), integer(failed)],
        ...[decimal(at(latenciesMs, 0.5), 2), decimal(at(latenciesMs, 0.99), 2), decimal(ratio, 2)],
        decimal(cpuMsPerRequest, 2),
      ];
    }),
  };
}

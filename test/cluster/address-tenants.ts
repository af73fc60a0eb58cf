import { setTimeout as sleep } from 'node:timers/promises';
import type { KubernetesApi } from '../../services/runtime/kubernetes/api-client.ts';
import { NAMESPACE, NODE } from './cluster-objects.ts';

/** A pod that really had the address, from `fromMs` to before `toMs`. */
export interface Tenancy {
  readonly address: string;
  readonly pod: string;
  readonly fromMs: number;
  /** Open while it lasts. */
  toMs: number;
  /** When it was asked to end, or began to. */
  leavingMs: number;
}

/** How a pod goes. But where it is forced to, the API server learns of it after the next one has the address. */
const MANNERS = ['asked', 'forced', 'finished'] as const;

const LIFE_MS = [3400, 4600] as const;
/** Between what happens on a node and the moment when its kubelet begins to tell it. */
const TOLD_AFTER_MS = [20, 800] as const;
const ASKED_BEFORE_MS = [100, 900] as const;
const GRACE_SECONDS = 30;

export interface TenantsOptions {
  readonly api: KubernetesApi;
  readonly address: string;
  /** 0 to just below 1. */
  readonly random: () => number;
  /** Told when a pod has just taken over the address, before the API server can know. */
  readonly onTakeover: (before: Tenancy | undefined, now: Tenancy) => void;
}

/**
 * Pods that take over one address from one another at once, and tells the API server of it as a kubelet does: late, in
 * whole seconds, and in another order than it happened. Gives who really had it.
 */
export async function runTenants(options: TenantsOptions, rounds: number): Promise<readonly Tenancy[]> {
  const { address, random, onTakeover } = options;
  const between = ([from, to]: readonly [number, number]): number => from + random() * (to - from);
  const kubelet = new Kubelet(options.api);
  const tenancies: Tenancy[] = [];
  const telling: Promise<void>[] = [];
  let name = podName(address, 0);
  let acknowledgedMs = Date.now();
  await kubelet.create(name);
  for (let round = 0; round < rounds; round++) {
    const pod = name;
    const startTime = told(acknowledgedMs);
    const fromMs = Date.now();
    const tenancy: Tenancy = { address, pod, fromMs, toMs: Infinity, leavingMs: Infinity };
    const before = tenancies.at(-1);
    if (before !== undefined) before.toMs = fromMs;
    tenancies.push(tenancy);
    onTakeover(before, tenancy);
    const isTold = sleep(between(TOLD_AFTER_MS)).then(() =>
      kubelet.report(pod, address, { phase: 'Running', startTime, startedAt: told(fromMs) }),
    );
    const manner = MANNERS[Math.floor(random() * MANNERS.length)];
    const endMs = fromMs + between(LIFE_MS);
    const askMs = endMs - between(ASKED_BEFORE_MS);
    // The next one is there before, and only has no address yet.
    name = podName(address, round + 1);
    acknowledgedMs = Date.now();
    if (round + 1 < rounds) await kubelet.create(name);
    await isTold;
    if (manner === 'asked') {
      await sleep(Math.max(0, askMs - Date.now()));
      tenancy.leavingMs = Date.now();
      await kubelet.delete(pod, GRACE_SECONDS);
    }
    await sleep(Math.max(0, endMs - Date.now()));
    // The kubelet takes the address back when it hears of that; until then the pod runs on.
    if (manner === 'forced') {
      tenancy.leavingMs = Date.now();
      await kubelet.delete(pod, 0);
    }
    const endedMs = Date.now();
    tenancy.leavingMs = Math.min(tenancy.leavingMs, endedMs);
    tenancy.toMs = endedMs;
    const over = {
      phase: 'Succeeded',
      startTime,
      startedAt: told(fromMs),
      finishedAt: told(endedMs),
    } as const;
    const tellMs = between(TOLD_AFTER_MS);
    if (manner === 'forced') continue;
    const tellEnd = async (): Promise<void> => {
      await sleep(tellMs);
      await kubelet.report(pod, address, over);
      await sleep(manner === 'finished' ? tellMs : 0);
      await kubelet.delete(pod, 0);
    };
    const isEndTold = tellEnd();
    isEndTold.catch(() => undefined);
    telling.push(isEndTold);
  }
  await Promise.all(telling);
  return tenancies;
}

function podName(address: string, round: number): string {
  return `tenant-${address.replaceAll('.', '-')}-${round}`;
}

/** The API tells whole seconds. */
function told(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000', '');
}

interface Report {
  readonly phase: 'Running' | 'Succeeded';
  readonly startTime: string;
  readonly startedAt: string;
  readonly finishedAt?: string;
}

const PODS = `/api/v1/namespaces/${NAMESPACE}/pods`;
const SPEC = {
  nodeName: NODE,
  serviceAccountName: 'default',
  automountServiceAccountToken: false,
  containers: [{ name: 'app', image: 'app' }],
};

class Kubelet {
  readonly #api: KubernetesApi;
  readonly #signal = new AbortController().signal;

  constructor(api: KubernetesApi) {
    this.#api = api;
  }

  async create(name: string): Promise<void> {
    await this.#call('POST', PODS, { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: SPEC });
  }

  async report(name: string, ip: string, report: Report): Promise<void> {
    const { phase, startTime, startedAt, finishedAt } = report;
    const state =
      finishedAt === undefined
        ? { running: { startedAt } }
        : { terminated: { exitCode: 0, startedAt, finishedAt } };
    const container = { name: 'app', image: 'app', imageID: 'app', ready: true, restartCount: 0, state };
    const status = { phase, startTime, podIP: ip, podIPs: [{ ip }], containerStatuses: [container] };
    await this.#call('PATCH', `${PODS}/${name}/status`, { status });
  }

  async delete(name: string, gracePeriodSeconds: number): Promise<void> {
    await this.#call('DELETE', `${PODS}/${name}`, { gracePeriodSeconds });
  }

  async #call(method: 'POST' | 'PATCH' | 'DELETE', path: string, body: unknown): Promise<void> {
    const patch = method === 'PATCH' ? { contentType: 'application/merge-patch+json' } : {};
    const answer = await this.#api.request({ method, path, body, signal: this.#signal, ...patch });
    if (answer.status > 299)
      throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
}

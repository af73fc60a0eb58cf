import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterNode } from '../../nodes/cluster-node.ts';
import type { NodeCluster } from '../../nodes/node-cluster.ts';
import type { WantedPod } from '../pods/traffic-pods.ts';
import { podObject } from '../pods/traffic-pods.ts';

/** Without a probe, every so manieth of them: only others tell of it. */
const UNCAPTURED_EVERY = 3;

export interface SlotOptions {
  readonly cluster: NodeCluster;
  readonly node: ClusterNode;
  readonly namespace: string;
  /** What its pods are called: `slot-NUMBER`. */
  readonly name: string;
  readonly lives: number;
  readonly lifeMs: number;
  readonly task: readonly string[];
  readonly logFolder: string;
}

/** A pod that had its life, by its address. */
export interface Life {
  readonly name: string;
  readonly uid: string;
  readonly ip: string;
  /** From when it was ready until its end was asked for. */
  readonly fromMs: number;
  readonly toMs: number;
}

/** Pods one after the other; each is deleted when it has run for its time, and the next one made at once. */
export async function runSlot(options: SlotOptions): Promise<readonly Life[]> {
  const { cluster, node, namespace, lives, lifeMs, task, logFolder } = options;
  const had: Life[] = [];
  for (let number = 0; number < lives; number++) {
    const wanted: WantedPod = {
      name: `${options.name}-${number}`,
      namespace,
      node: node.place.name,
      task,
      logFolder,
      isCaptured: number % UNCAPTURED_EVERY !== 0,
    };
    await cluster.create(podObject(wanted));
    const pod = ['-n', namespace, `pod/${wanted.name}`];
    await cluster.kubectl(['wait', '--for=condition=Ready', '--timeout=3m', ...pod]);
    const fromMs = Date.now();
    await sleep(lifeMs);
    const { metadata, status } = JSON.parse(await cluster.kubectl(['get', '-o', 'json', ...pod]));
    had.push({ name: wanted.name, uid: metadata.uid, ip: status.podIP, fromMs, toMs: Date.now() });
    await cluster.kubectl(['delete', '--timeout=3m', ...pod]);
  }
  return had;
}

import type { KubernetesObject } from '../runtime/kubernetes/kubernetes-object.ts';
import type { ClaimTimes } from './claim-times.ts';
import { DOUBT_MS, happenedSince, SECOND_MS, timeOf } from './claim-times.ts';
import type { Sighting } from './stored-object.ts';

interface ContainerStatus {
  readonly restartCount?: number;
  readonly state?: {
    readonly running?: { readonly startedAt?: string };
    readonly terminated?: Ended;
  };
  readonly lastState?: { readonly terminated?: Ended };
}

interface Ended {
  readonly startedAt?: string;
  readonly finishedAt?: string;
  readonly reason?: string;
}

/** The kubelet no longer knew the container, and its time is when it noticed that. */
const NOT_OBSERVED = ['Unknown', 'ContainerStatusUnknown'];

/**
 * When a pod had its address. It is given with the pod's sandbox: after `startTime`, before any container starts. It is
 * taken back after the last container ended, and the API is told only later; so once a pod is asked to end, only the
 * ends of its containers prove that it still had the address.
 */
export function podTimes(pod: KubernetesObject, sighting: Sighting): ClaimTimes {
  const { atMs, isLive, isGone } = sighting;
  const status = pod.status ?? {};
  const containers: readonly ContainerStatus[] = status.containerStatuses ?? [];
  const all = [...(status.initContainerStatuses ?? []), ...containers] as readonly ContainerStatus[];
  const startedMs = timeOf(status.startTime) ?? timeOf(pod.metadata.creationTimestamp) ?? atMs;
  const hasRestarted = all.some(({ restartCount }) => (restartCount ?? 0) > 0);
  const validFromMs = Math.min(
    atMs,
    ...sandboxProofs(pod, containers, all, hasRestarted).map((ms) => ms + SECOND_MS),
  );
  const endedMs = endOf(containers, all);
  const isOver = status.phase === 'Succeeded' || status.phase === 'Failed';
  const isEnding = isOver || isGone || pod.metadata.deletionTimestamp !== undefined;
  const validToMs = isEnding ? lastProof(pod, sighting, isOver, startedMs, all) : undefined;
  return {
    validFromMs,
    validToMs,
    // What was there before the list may have had the address before this pod, and nobody told us.
    namedFromMs: isLive && !hasRestarted ? startedMs : validFromMs,
    claimFromMs: startedMs,
    claimToMs: claimEnd(isEnding, isGone, endedMs, atMs),
    lostAtMs: validToMs ?? sandboxLoss(all),
  };
}

/** By when a pod that goes on with another address had surely not lost the first one: its containers' last ends. */
function sandboxLoss(all: readonly ContainerStatus[]): number {
  const ends = all.map(({ lastState }) => finishOf(lastState?.terminated));
  return ends.length === 0 || ends.includes(undefined) ? 0 : Math.min(...(ends as number[]));
}

/** Times at which the sandbox, and so the address, was surely there. After a restart only what runs now proves it. */
function sandboxProofs(
  pod: KubernetesObject,
  containers: readonly ContainerStatus[],
  all: readonly ContainerStatus[],
  hasRestarted: boolean,
): number[] {
  if (hasRestarted) {
    const running = containers.map(({ state }) => timeOf(state?.running?.startedAt));
    return running.filter((ms) => ms !== undefined);
  }
  const conditions: readonly { type?: string; status?: string; lastTransitionTime?: string }[] =
    pod.status?.conditions ?? [];
  const ready = conditions.find(
    ({ type, status }) => type === 'PodReadyToStartContainers' && status === 'True',
  );
  const starts = all.map(({ state }) => timeOf(state?.running?.startedAt ?? state?.terminated?.startedAt));
  return [timeOf(ready?.lastTransitionTime), ...starts].filter(
    (ms) => ms !== undefined && ms > 0,
  ) as number[];
}

/** The last moment at which a pod that ends, or has ended, surely had its address. */
function lastProof(
  pod: KubernetesObject,
  sighting: Sighting,
  isOver: boolean,
  startedMs: number,
  all: readonly ContainerStatus[],
): number {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
  const ends = all.map(({ state }) => finishOf(state?.terminated)).filter((ms) => ms !== undefined);
  const lastEndMs = Math.max(startedMs, ...ends);
  if (isOver) return lastEndMs;
  const deletionMs = timeOf(deletionTimestamp);
  if (deletionMs !== undefined)
    return Math.max(lastEndMs, deletionMs - deletionGracePeriodSeconds * SECOND_MS);
  return sighting.isGone ? Math.max(lastEndMs, happenedSince(sighting)) : lastEndMs;
}

/** When the last container ended; undefined while one runs, or where one's end was not observed. */
function endOf(containers: readonly ContainerStatus[], all: readonly ContainerStatus[]): number | undefined {
  if (containers.length === 0 || all.some(({ state }) => state?.running !== undefined)) return undefined;
  const ends = containers.map(({ state }) => finishOf(state?.terminated));
  if (ends.includes(undefined)) return undefined;
  return Math.max(...all.map(({ state }) => finishOf(state?.terminated) ?? 0));
}

function claimEnd(
  isEnding: boolean,
  isGone: boolean,
  endedMs: number | undefined,
  atMs: number,
): number | undefined {
  if (isEnding && endedMs !== undefined) return endedMs + SECOND_MS;
  return isGone ? atMs + DOUBT_MS : undefined;
}

function finishOf(ended: Ended | undefined): number | undefined {
  if (ended === undefined || NOT_OBSERVED.includes(ended.reason ?? '')) return undefined;
  const ms = timeOf(ended.finishedAt);
  // A container that never started ended in year 1 or 1970.
  return ms !== undefined && ms > 0 ? ms : undefined;
}

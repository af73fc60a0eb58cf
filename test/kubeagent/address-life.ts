import type { KubernetesObject } from '../../services/runtime/kubernetes/kubernetes-object.ts';
import type { ObjectEvent } from '../../services/runtime/kubernetes/object-source.ts';

/** A pod that really held the address from `fromMs` to `toMs`, and what the API server's watch said of it, in order. */
export interface PodLife {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly reports: readonly { readonly atMs: number; readonly event: ObjectEvent }[];
}

/** 0 to just below 1, the same for the same seed. */
export type Random = () => number;

/** The API tells whole seconds. */
function told(ms: number): string {
  return new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000', '');
}

/**
 * Pods that take over one address from one another at once, and whose ends the API server learns of late, as with a kubelet: asked to
 * go and given time, thrown out at once, or ended by themselves.
 */
export function addressLives(address: string, rounds: number, startMs: number, random: Random): PodLife[] {
  const between = (from: number, to: number): number => from + random() * (to - from);
  const lives: PodLife[] = [];
  let freeMs = startMs;
  for (let round = 0; round < rounds; round++) {
    const name = `pod-${round}`;
    const fromMs = freeMs + between(1, 300);
    const acknowledgedMs = fromMs - between(1, 1500);
    const endedMs = fromMs + between(2000, 9000);
    const reportedMs = fromMs + between(20, 1500);
    const reports: { atMs: number; event: ObjectEvent }[] = [];
    const say = (
      atMs: number,
      type: 'upsert' | 'delete',
      fields: Record<string, unknown>,
      status: object,
    ): void => {
      const metadata = {
        uid: `uid-${round}`,
        name,
        namespace: 'default',
        creationTimestamp: told(acknowledgedMs),
        ...fields,
      };
      reports.push({
        atMs,
        event: { type, object: { metadata, spec: { nodeName: 'node' }, status } as KubernetesObject },
      });
    };
    const started = { startedAt: told(fromMs) };
    const held = { podIP: address, startTime: told(acknowledgedMs) };
    const running = {
      ...held,
      phase: 'Running',
      containerStatuses: [{ restartCount: 0, state: { running: started } }],
    };
    const terminated = { ...started, finishedAt: told(endedMs) };
    const over = {
      ...held,
      phase: 'Succeeded',
      containerStatuses: [{ restartCount: 0, state: { terminated } }],
    };
    say(acknowledgedMs, 'upsert', {}, { phase: 'Pending', startTime: told(acknowledgedMs) });
    say(reportedMs, 'upsert', {}, running);
    freeMs = endedMs + between(1, 300);
    const finalMs = freeMs + between(50, 1500);
    const manner = random();
    if (manner < 0.4) {
      // The deletion is asked for first, with 30 seconds to go.
      const askedMs = between(Math.max(reportedMs, endedMs - 1900), endedMs);
      const deletion = { deletionTimestamp: told(askedMs + 30_000), deletionGracePeriodSeconds: 30 };
      say(askedMs, 'upsert', deletion, running);
      say(finalMs, 'upsert', deletion, over);
      say(finalMs + 10, 'delete', deletion, over);
    } else if (manner < 0.7) {
      // Forced: the object goes while the container still runs for a moment.
      const askedMs = between(Math.max(reportedMs, endedMs - 900), endedMs);
      say(askedMs, 'delete', { deletionTimestamp: told(askedMs), deletionGracePeriodSeconds: 0 }, running);
    } else {
      say(finalMs, 'upsert', {}, over);
      if (manner < 0.85) say(finalMs + 3000, 'delete', {}, over);
    }
    lives.push({ name, fromMs, toMs: freeMs, reports });
  }
  return lives;
}

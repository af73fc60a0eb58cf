import type { FlowBatchHeader } from '../../core/flow-batch.ts';
import { RecentMap } from '../recent-map.ts';

interface Known {
  readonly sequence: number;
  readonly drops: number;
  /** Drops before that batch. */
  readonly before: number;
}

/** `capture.kernel_drops`, `queue.dropped_events`: what the probe itself did not see, or did not keep. */
const DROP_COUNTER = /(?:^|[._])(?:drops|dropped)(?:_|$)/;

/** Tells from their counters which probes dropped something between two batches. */
export class ProbeLosses {
  readonly #probes: RecentMap<Known>;

  constructor(maxProbes: number) {
    this.#probes = new RecentMap(maxProbes);
  }

  /**
   * True where the probe dropped something since its last batch known here. Of a probe that is new here, as after a
   * restart, all that it ever dropped counts: to doubt too much is the safe side. A batch that is tried again gets the
   * answer that it had.
   */
  isLossy(sender: string, header: FlowBatchHeader): boolean {
    const key = `${sender}\n${header.probe.id}`;
    const drops = dropsOf(header.counters);
    const known = this.#probes.get(key);
    if (known !== undefined && header.sequence <= known.sequence) return drops > known.before;
    const before = known?.drops ?? 0;
    this.#probes.set(key, { sequence: header.sequence, drops, before });
    return drops > before;
  }
}

function dropsOf(counters: Readonly<Record<string, number>>): number {
  let sum = 0;
  for (const [name, value] of Object.entries(counters)) if (DROP_COUNTER.test(name)) sum += value;
  return sum;
}

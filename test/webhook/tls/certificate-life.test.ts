import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SimulatedCluster } from './simulated-cluster.ts';

const SECOND = 1000;
const LIFETIMES = { authorityMs: 4000 * SECOND, leafMs: 600 * SECOND, overlapMs: 600 * SECOND };

/** Nobody is longer than this without seeing what changed, or, as leader, without doing something. */
const MAX_LAG_MS = 20 * SECOND;

const ACCIDENTS = {
  'another leader': (cluster: SimulatedCluster) => cluster.changeLeader(),
  'caBundle wiped': (cluster: SimulatedCluster) => (cluster.caBundle = []),
  'authorities lost': (cluster: SimulatedCluster) => (cluster.authorities = undefined),
  'certificate lost': (cluster: SimulatedCluster) => (cluster.leaf = undefined),
};

type Accident = keyof typeof ACCIDENTS;

/** Between accidents there is at least the time to get over one, if everybody is as slow as that. */
const MENDING_MS = 180 * SECOND;

interface Moment {
  readonly afterMs: number;
  /** How many steps the leader does of its plan. */
  readonly steps: number;
  /** Which of the replicas and API servers see what changed. */
  readonly sees: readonly boolean[];
  readonly accident: Accident | 'none';
}

const MAX_STEP_MS = 15 * SECOND;

function anyLife(accidents: readonly Accident[]): fc.Arbitrary<Moment[]> {
  const moment = fc.record<Moment>({
    afterMs: fc.integer({ min: 1, max: MAX_STEP_MS }),
    steps: fc.integer({ min: 0, max: 3 }),
    sees: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    accident: fc.oneof(
      { weight: 60, arbitrary: fc.constant('none' as const) },
      { weight: 6, arbitrary: fc.constantFrom(...accidents) },
    ),
  });
  return fc.array(moment, { minLength: 300, maxLength: 900, size: 'max' });
}

/** Goes through a life, and calls `check` at each moment. */
function live(cluster: SimulatedCluster, life: readonly Moment[], check: () => void): void {
  let ledMs = 0;
  let mendedMs = 0;
  const isLate = (seenMs: number): boolean => cluster.nowMs - seenMs > MAX_LAG_MS - MAX_STEP_MS;
  for (const { afterMs, steps, sees, accident } of life) {
    cluster.nowMs += afterMs;
    if (accident !== 'none' && cluster.nowMs > mendedMs) {
      ACCIDENTS[accident](cluster);
      mendedMs = cluster.nowMs + MENDING_MS;
    }
    if (steps > 0 || isLate(ledMs)) {
      cluster.lead(isLate(ledMs) ? 3 : steps);
      ledMs = cluster.nowMs;
    }
    for (const [index, { seenMs }] of cluster.replicas.entries())
      if (sees[index] || isLate(seenMs)) cluster.seeLeaf(index);
    for (const [index, { seenMs }] of cluster.apiServers.entries())
      if (sees[index + 2] || isLate(seenMs)) cluster.seeBundle(index);
    check();
  }
}

function settle(cluster: SimulatedCluster): void {
  for (let pass = 0; pass < 6; pass++) cluster.lead(3);
  for (const index of [0, 1]) {
    cluster.seeLeaf(index);
    cluster.seeBundle(index);
  }
}

test.each<{ accidents: Accident[] }>([
  { accidents: ['another leader'] },
  { accidents: ['another leader', 'caBundle wiped', 'certificate lost'] },
  { accidents: ['another leader', 'caBundle wiped', 'authorities lost'] },
])(
  'whoever sees what when, an API server that trusts what is published trusts what is served: $accidents',
  ({ accidents }) => {
    const property = fc.property(anyLife(accidents), (life) => {
      const cluster = new SimulatedCluster(LIFETIMES);
      settle(cluster);
      live(cluster, life, () => {
        expect(cluster.faults()).toEqual([]);
        cluster.beginPod(LIFETIMES.overlapMs - MAX_LAG_MS);
        // A new authority must sign for want of the old one's key.
        if (!accidents.includes('authorities lost')) expect(cluster.podFaults()).toEqual([]);
      });
    });
    fc.assert(property, { numRuns: 60, endOnFailure: true });
  },
);

test('in a life without accidents an authority follows the other, and no more than two are trusted', () => {
  const cluster = new SimulatedCluster(LIFETIMES);
  settle(cluster);
  const seen: string[] = [];
  while (cluster.nowMs < 2.05 * LIFETIMES.authorityMs) {
    cluster.nowMs += 5 * SECOND;
    settle(cluster);
    expect(cluster.faults()).toEqual([]);
    const state = `${cluster.caBundle.map((id) => id.split('@')[0])} ${cluster.leaf?.issuerId.split('@')[0]}`;
    if (seen.at(-1) !== state) seen.push(state);
  }
  expect(seen).toEqual(['1 1', '2,1 1', '2,1 2', '2 2', '3,2 2', '3,2 3', '3 3', '4,3 3', '4,3 4', '4 4']);
});

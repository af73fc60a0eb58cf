import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SimulatedCluster } from './simulated-cluster.ts';

const SECOND = 1000;
const LIFETIMES = { authorityMs: 4000 * SECOND, leafMs: 600 * SECOND, overlapMs: 600 * SECOND };

/** Nobody is longer than this without seeing what changed, or, as leader, without doing something. */
const MAX_LAG_MS = 20 * SECOND;

type Accident = 'none' | 'another leader' | 'caBundle wiped' | 'authorities lost' | 'certificate lost';

interface Moment {
  readonly afterMs: number;
  /** How many steps the leader does of its plan. */
  readonly steps: number;
  /** Which of the replicas and API servers see what changed. */
  readonly sees: readonly boolean[];
  readonly accident: Accident;
}

const MAX_STEP_MS = 15 * SECOND;

function anyLife(accidents: readonly Accident[]): fc.Arbitrary<Moment[]> {
  const moment = fc.record<Moment>({
    afterMs: fc.integer({ min: 1, max: MAX_STEP_MS }),
    steps: fc.integer({ min: 0, max: 3 }),
    sees: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    accident: fc.oneof(
      { weight: 60, arbitrary: fc.constant<Accident>('none') },
      { weight: 3, arbitrary: fc.constantFrom(...accidents) },
    ),
  });
  return fc.array(moment, { minLength: 300, maxLength: 900, size: 'max' });
}

function live(cluster: SimulatedCluster, { afterMs, steps, sees, accident }: Moment, ledMs: number): boolean {
  cluster.nowMs += afterMs;
  if (accident === 'another leader') cluster.changeLeader();
  if (accident === 'caBundle wiped') cluster.caBundle = [];
  if (accident === 'authorities lost') cluster.authorities = undefined;
  if (accident === 'certificate lost') cluster.leaf = undefined;
  const isLate = (seenMs: number): boolean => cluster.nowMs - seenMs > MAX_LAG_MS - MAX_STEP_MS;
  const leads = steps > 0 || isLate(ledMs);
  if (leads) cluster.lead(isLate(ledMs) ? 3 : steps);
  for (const [index, { seenMs }] of cluster.replicas.entries())
    if (sees[index] || isLate(seenMs)) cluster.seeLeaf(index);
  for (const [index, { seenMs }] of cluster.apiServers.entries())
    if (sees[index + 2] || isLate(seenMs)) cluster.seeBundle(index);
  return leads;
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
      let ledMs = 0;
      for (const moment of life) {
        if (live(cluster, moment, ledMs)) ledMs = cluster.nowMs;
        expect(cluster.faults()).toEqual([]);
      }
    });
    fc.assert(property, { numRuns: 100, endOnFailure: true });
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

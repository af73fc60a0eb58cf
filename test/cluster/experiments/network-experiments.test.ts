import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { ExperimentBed } from './experiment-bed.ts';
import { bedUnavailable, startBed, stopBed } from './experiment-bed.ts';
import { ISOLATION } from './isolation/isolation.ts';
import { lossShare } from './lossy-link/loss-by-link.ts';
import { LOSSY_LINK, trueShare, truthOf } from './lossy-link/lossy-link.ts';
import { POD_CHURN } from './pod-churn/pod-churn.ts';
import { UDP_NAT } from './udp-nat/udp-nat.ts';

const START_MS = 900_000;
const RUN_MS = 300_000;
const NODES = 2;
/** Of the true rate. */
const TOLERANCE = 0.1;

const unavailable = bedUnavailable();
let bed: ExperimentBed;

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));
beforeAll(async () => {
  if (unavailable === undefined) bed = await startBed(NODES);
}, START_MS);
afterAll(async () => {
  if (bed !== undefined) await stopBed(bed);
}, START_MS);

test(
  'lossy-link: the link, the direction and the share within a tenth; no loss on the others',
  async () => {
    const { run, report, small } = LOSSY_LINK;
    const result = await run(bed, small);
    expect(result.streamsWhole).toBe(result.streams);
    const [worst, ...others] = result.found;
    expect(worst).toMatchObject({ from: 'node-1', to: 'node-2', unreliable: 0 });
    const share = trueShare(truthOf(result, worst));
    expect(share).toBeGreaterThan(0);
    expect(Math.abs(lossShare(worst) - share)).toBeLessThanOrEqual(share * TOLERANCE);
    expect(others).toMatchObject([{ from: 'node-2', to: 'node-1', lostBytes: 0, unreliable: 0 }]);
    for (const { windows, measuredAtBoth } of result.found) expect(measuredAtBoth).toBe(windows);
    expect(report(result, small)).toContain('1 other directions lose nothing');
  },
  RUN_MS,
);

test(
  'isolation: each forbidden connection is found, and no other',
  async () => {
    const { run, report, small } = ISOLATION;
    const result = await run(bed, small);
    expect(result).toMatchObject({ unseen: 0, misses: [], falsePositives: [] });
    expect(result.forbiddenCalls).toBeGreaterThan(50);
    expect(result.calls - result.forbiddenCalls).toBeGreaterThan(50);
    expect(result.found).toHaveLength(result.forbiddenCalls);
    expect(result.forbiddenAnswered).toBe(result.forbiddenCalls - result.filteredCalls);
    expect(result.filtered).toHaveLength(result.filteredCalls);
    for (const { unansweredSyns, answerPackets } of result.filtered) {
      expect(unansweredSyns).toBeGreaterThan(0);
      expect(answerPackets).toBe(0);
    }
    expect(report(result, small)).toContain('0 missed, 0 wrongly accused');
  },
  RUN_MS,
);

test(
  'udp-nat: each flow is as the kernel of the node has it',
  async () => {
    const { run, report, small } = UDP_NAT;
    const result = await run(bed, small);
    expect(result.flows.map(({ case: name, differences }) => ({ name, differences }))).toEqual(
      (['service', 'outward', 'node-port'] as const).flatMap((name) =>
        Array.from({ length: small.flows }, () => ({ name, differences: [] })),
      ),
    );
    expect(report(result, small)).toContain(`${small.flows * 3} of ${small.flows * 3} flows`);
  },
  RUN_MS,
);

test(
  'pod-churn: not one wrong name',
  async () => {
    const { run, report, small } = POD_CHURN;
    const result = await run(bed, small);
    expect(result.wrong).toEqual([]);
    expect(result.pods).toBe(small.slots * small.lives * NODES);
    // Addresses had one pod after the other.
    expect(Math.max(...result.tenants.map(({ pods }) => pods))).toBeGreaterThan(1);
    expect(result.verdicts.right).toBeGreaterThan(100);
    expect(result.byEvidence.interval?.right).toBeGreaterThan(50);
    expect(report(result, small)).toContain('**Answer.** 0 of');
  },
  RUN_MS,
);

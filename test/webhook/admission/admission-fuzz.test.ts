import { afterAll, beforeAll, expect, it } from 'vitest';
import { POD_SHAPES } from '../../fixtures/pod-shapes.ts';
import { admissionReview, RunningAdmission } from '../../fixtures/running-admission.ts';
import { Xorshift } from '../../fuzz/xorshift.ts';
import { appliedPatch } from '../../support/applied-patch.ts';
import { mutateJson } from '../../support/mutate-json.ts';

const REVIEWS = 10_000;
const SEED = 20_261_125;
const AT_ONCE = 4;

let webhook: RunningAdmission;

beforeAll(async () => {
  webhook = await RunningAdmission.start();
});
afterAll(() => webhook.close());

/** The patch of an answer, where there is one, applies to the object it was made for. */
function checkAnswer(sent: string, answered: string): 'patched' | 'allowed' {
  const { request } = JSON.parse(sent);
  const { response } = JSON.parse(answered);
  expect(response).toMatchObject({ uid: request.uid, allowed: true });
  if (response.patch === undefined) return 'allowed';
  const patched = appliedPatch(request.object, JSON.parse(Buffer.from(response.patch, 'base64').toString()));
  const probes = [...(patched.spec.initContainers ?? []), ...patched.spec.containers].filter(
    ({ name }: { name: string }) => name === 'flowtap-probe',
  );
  expect(probes).toHaveLength(1);
  return 'patched';
}

it(`survives ${REVIEWS} damaged AdmissionReviews, and answers each`, { timeout: 120_000 }, async () => {
  const random = new Xorshift(SEED);
  const originals = POD_SHAPES.map(({ pod }) => JSON.stringify(admissionReview(pod)));
  const outcomes = new Map<string, number>();
  const count = (outcome: string): void => void outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  for (let sent = 0; sent < REVIEWS; sent += AT_ONCE) {
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        const text = mutateJson(originals[random.below(originals.length)], random);
        const { status, body } = await webhook.post(text);
        if (status === 200) count(checkAnswer(text, body));
        else count(String(status));
      }),
    );
  }
  const seen = [...outcomes.keys()].sort();
  expect(seen.filter((outcome) => !['200', '400', '500', 'allowed', 'patched'].includes(outcome))).toEqual(
    [],
  );
  // The mutations reach all of it: some change nothing that matters, some everything.
  expect(seen).toEqual(expect.arrayContaining(['400', 'allowed', 'patched']));
  expect(await webhook.registry.value('flowtap_webhook_failures_total', { cause: 'internal' })).toBe(0);
  const { status, body } = await webhook.post(originals[0]);
  expect({ status, outcome: checkAnswer(originals[0], body) }).toEqual({ status: 200, outcome: 'patched' });
});

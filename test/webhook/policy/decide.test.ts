import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CaptureWish } from '../../../services/webhook/policy/capture-wish.ts';
import { refuse } from '../../../services/webhook/policy/decide.ts';
import { injectionRules } from '../../fixtures/injection-rules.ts';

const VALUES: Readonly<Record<CaptureWish, string | undefined>> = {
  enabled: 'enabled',
  disabled: 'disabled',
  absent: undefined,
  invalid: 'yes',
};

const marks = (wish: CaptureWish): { 'flowtap.dev/capture'?: string } =>
  VALUES[wish] === undefined ? {} : { 'flowtap.dev/capture': VALUES[wish] };

/** The table in the comment above the code that implements it: rows of it, by the pod's wish. */
const TABLE = readFileSync(new URL('../../../services/webhook/policy/decide.ts', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith(' * | '))
  .map((line) => line.slice(5, -2).split(' | '));
const [[, ...NAMESPACE_WISHES], , ...ROWS] = TABLE;

const CASES = ROWS.flatMap(([row, ...outcomes]) =>
  outcomes.map((outcome, column) => ({ row, outcome, ofNamespace: NAMESPACE_WISHES[column] as CaptureWish })),
).flatMap(({ row, outcome, ofNamespace }) => {
  const [wish] = row.split(',');
  const allowed = row.includes('may not ask') ? [false] : row.includes('may ask') ? [true] : [true, false];
  return allowed.map((allowPodOptIn) => ({
    ...{ ofPod: wish as CaptureWish, ofNamespace, allowPodOptIn },
    outcome: outcome === 'yes' ? undefined : outcome,
  }));
});

const SPEC = { containers: [{ name: 'web' }] };

describe('the table of wishes', () => {
  it('has all combinations', () => {
    const combinations = CASES.map(({ ofPod, ofNamespace, allowPodOptIn }) =>
      [ofPod, ofNamespace, allowPodOptIn].join(),
    );
    expect(new Set(combinations).size).toBe(combinations.length);
    expect(combinations).toHaveLength(4 * 4 * 2);
  });

  describe.each(CASES)('pod $ofPod, namespace $ofNamespace, pods may ask: $allowPodOptIn', (given) => {
    const { policy } = injectionRules({ policy: { allowPodOptIn: given.allowPodOptIn } });
    const labelPolicy = { ...policy, trigger: 'label' as const };

    it.each([
      ['annotation', 'annotation'],
      ['annotation', 'label'],
      ['label', 'annotation'],
      ['label', 'label'],
    ] as const)('as %s of the pod and %s of the namespace', (onPod, onNamespace) => {
      const pod = { metadata: { [`${onPod}s`]: marks(given.ofPod) }, spec: SPEC };
      const namespace = { name: 'shop', [`${onNamespace}s`]: marks(given.ofNamespace) };
      expect(refuse(pod, namespace, policy)?.reason).toBe(given.outcome);
    });

    it('as label of the namespace, with the trigger label', () => {
      const pod = { metadata: { labels: marks(given.ofPod) }, spec: SPEC };
      const namespace = { name: 'shop', labels: marks(given.ofNamespace) };
      expect(refuse(pod, namespace, labelPolicy)?.reason).toBe(given.outcome);
    });
  });

  it.each([
    ['disabled', 'enabled', 'disabled_by_pod'],
    ['enabled', 'disabled', undefined],
  ] as const)('the label %s of a pod counts before its annotation %s', (label, annotation, reason) => {
    const metadata = { labels: marks(label), annotations: marks(annotation) };
    const namespace = { name: 'shop', labels: marks('enabled') };
    expect(refuse({ metadata, spec: SPEC }, namespace, injectionRules().policy)?.reason).toBe(reason);
  });

  it('with the trigger label an annotation of the namespace does not count', () => {
    const { policy } = injectionRules({ policy: { trigger: 'label' } });
    expect(refuse({ spec: SPEC }, { name: 'shop', annotations: marks('enabled') }, policy)?.reason).toBe(
      'not_enabled',
    );
  });

  it('stands in docs/injection.md too', () => {
    const page = readFileSync(new URL('../../../docs/injection.md', import.meta.url), 'utf8');
    for (const row of TABLE) expect(page).toContain(`| ${row.join(' | ')} |`);
  });
});

describe('what keeps a pod from having a probe', () => {
  const enabled = { name: 'shop', annotations: marks('enabled') };

  it.each([
    ['privileged', 'add', undefined],
    ['privileged', 'inherit', undefined],
    ['baseline', 'add', 'psa_forbids_net_raw'],
    ['baseline', 'inherit', undefined],
    ['restricted', 'add', 'psa_forbids_net_raw'],
    ['restricted', 'inherit', 'psa_forbids_net_raw'],
  ] as const)('Pod Security %s by default, with capabilities by %s', (assumedPodSecurity, mode, reason) => {
    const { policy } = injectionRules({ policy: { assumedPodSecurity, capabilityMode: mode } });
    expect(refuse({ spec: SPEC }, enabled, policy)?.reason).toBe(reason);
    const labels = { 'pod-security.kubernetes.io/enforce': 'privileged' };
    expect(refuse({ spec: SPEC }, { ...enabled, labels }, policy)).toBeUndefined();
  });

  it('says which level forbids it', () => {
    const { policy } = injectionRules({ policy: { assumedPodSecurity: 'baseline' } });
    expect(refuse({ spec: SPEC }, enabled, policy)?.detail).toBe('the namespace shop enforces baseline');
  });

  it('counts only for pods that somebody wants captured', () => {
    const pod = { spec: { ...SPEC, hostNetwork: true } };
    expect(refuse(pod, { name: 'shop' }, injectionRules().policy)?.reason).toBe('not_enabled');
    expect(refuse(pod, enabled, injectionRules().policy)?.reason).toBe('host_network');
  });
});

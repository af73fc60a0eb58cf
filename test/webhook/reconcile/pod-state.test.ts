import jsonPatch from 'fast-json-patch';
import { describe, expect, test } from 'vitest';
import { injectProbe } from '../../../services/webhook/inject-probe.ts';
import type { Pod } from '../../../services/webhook/pod.ts';
import type { CapturedNamespace } from '../../../services/webhook/policy/decide.ts';
import { podState, podStateText } from '../../../services/webhook/reconcile/pod-state.ts';
import { rulesOfFlags } from '../../fixtures/rules-of-flags.ts';

const RULES = rulesOfFlags();
const SHOP: CapturedNamespace = { name: 'shop', annotations: { 'flowtap.dev/capture': 'enabled' } };
const SILENT: CapturedNamespace = { name: 'silent' };
const STRICT: CapturedNamespace = { ...SHOP, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } };
const CHANGED: CapturedNamespace = {
  ...SHOP,
  annotations: { ...SHOP.annotations, 'flowtap.dev/probe-window': '30s' },
};

const BARE: Pod = { metadata: { name: 'web' }, spec: { containers: [{ name: 'web' }] } };
const OPTED_OUT: Pod = { ...BARE, metadata: { annotations: { 'flowtap.dev/capture': 'disabled' } } };
const HOST: Pod = { ...BARE, spec: { ...BARE.spec, hostNetwork: true } };
const TAKEN: Pod = { ...BARE, spec: { containers: [{ name: 'flowtap-probe' }] } };

function injected(pod: Pod, namespace = SHOP, rules = RULES): Pod {
  const { operations } = injectProbe(pod, namespace, rules);
  return jsonPatch.applyPatch(structuredClone(pod), operations as jsonPatch.Operation[]).newDocument;
}

const PROBED = injected(BARE);

describe('what is to be said of a pod', () => {
  test.each([
    { name: 'has one', pod: PROBED, namespace: SHOP, says: 'with_probe' },
    { name: 'has none', pod: BARE, namespace: SHOP, says: 'missing' },
    { name: 'has one of other settings', pod: PROBED, namespace: CHANGED, says: 'outdated' },
    { name: 'and nobody asks', pod: BARE, namespace: SILENT, says: 'excluded not_enabled' },
    {
      name: 'has one, and nobody asks any more',
      pod: PROBED,
      namespace: SILENT,
      says: 'unwanted not_enabled',
    },
    { name: 'opts out', pod: OPTED_OUT, namespace: SHOP, says: 'excluded disabled_by_pod' },
    { name: 'is in the network of its node', pod: HOST, namespace: SHOP, says: 'excluded host_network' },
    { name: 'has our name', pod: TAKEN, namespace: SHOP, says: 'excluded container_name_taken' },
    {
      name: 'where Pod Security is strict',
      pod: BARE,
      namespace: STRICT,
      says: 'excluded psa_forbids_net_raw',
    },
  ])('$name: $says', ({ pod, namespace, says }) => {
    const { state, decision } = podState(pod, namespace, RULES);
    expect([state, decision?.reason].filter(Boolean).join(' ')).toBe(says);
  });
});

test('a probe of another kind, image or resources is outdated; where settings are not known, none is', () => {
  const others = [
    rulesOfFlags({}, { sidecar: 'plain' }),
    rulesOfFlags({ probeImage: 'example.org/flowtap-probe:2' }),
    rulesOfFlags({ probeCpuLimit: '1' }),
  ];
  expect(others.map((rules) => podState(PROBED, SHOP, rules).state)).toEqual(Array(3).fill('outdated'));
  expect(podState(PROBED, CHANGED, { policy: RULES.policy })).toEqual({ state: 'with_probe' });
});

test.each([
  [podState(BARE, SHOP, RULES), /^no flowtap probe, though one is asked for: /],
  [podState(HOST, SHOP, RULES), /^no flowtap probe \(host_network\): /],
  [
    podState(PROBED, SILENT, RULES),
    /^a flowtap probe that would not be added now: no flowtap probe \(not_enabled\)/,
  ],
  [podState(PROBED, CHANGED, RULES), /^the probe is there, with other settings/],
])('%o in words', (state, words) => {
  expect(podStateText(state)).toMatch(words);
});

import { describe, expect, it } from 'vitest';
import { isGuaranteed, parseQuantity } from '../../../services/webhook/patch/quality-of-service.ts';

it.each([
  ['1', 1],
  [2, 2],
  ['0.5', 0.5],
  ['500m', 0.5],
  ['.5', 0.5],
  ['1.', 1],
  ['100u', 0.0001],
  ['3n', 3e-9],
  ['2k', 2000],
  ['1Ki', 1024],
  ['64Mi', 67_108_864],
  ['1.5Gi', 1_610_612_736],
  ['1e3', 1000],
  ['12E', 12e18],
  ['1E2', 100],
  ['+5', 5],
  ['', undefined],
  ['lots', undefined],
  ['-1', undefined],
  ['1 Gi', undefined],
  ['1KB', undefined],
  [undefined, undefined],
])('%j is %j', (quantity, value) => {
  expect(parseQuantity(quantity)).toBe(value);
});

describe('a pod is Guaranteed', () => {
  const FULL = { requests: { cpu: '500m', memory: '1Gi' }, limits: { cpu: '0.5', memory: '1024Mi' } };
  const LIMITS = { limits: FULL.limits };

  it.each([
    [true, 'with limits and equal requests', [FULL], []],
    [true, 'with limits alone', [LIMITS], []],
    [true, 'with all of its init containers too', [FULL], [LIMITS]],
    [false, 'without resources', [undefined], []],
    [false, 'with one container without', [FULL, undefined], []],
    [false, 'with an init container without', [FULL], [undefined]],
    [false, 'with a request below the limit', [{ ...FULL, requests: { cpu: '0.4', memory: '1Gi' } }], []],
    [false, 'with requests alone', [{ requests: FULL.requests }], []],
    [false, 'without a limit for memory', [{ limits: { cpu: '1' } }], []],
    [false, 'with limits of nothing', [{ limits: { cpu: '0', memory: '0' } }], []],
  ])('%s: %s', (expected, _what, ofContainers, ofInitContainers) => {
    const named = (kind: string) => (resources: object | undefined, index: number) => ({
      name: `${kind}${index}`,
      ...(resources && { resources }),
    });
    const spec = {
      containers: ofContainers.map(named('app')),
      initContainers: ofInitContainers.map(named('init')),
    };
    expect(isGuaranteed(spec, 'probe')).toBe(expected);
    expect(isGuaranteed({ ...spec, containers: [...spec.containers, { name: 'probe' }] }, 'probe')).toBe(
      expected,
    );
  });
});

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FLOWTAP_KEY } from '../../../services/webhook/flowtap-key.ts';
import type { Injection } from '../../../services/webhook/inject-probe.ts';
import { injectProbe } from '../../../services/webhook/inject-probe.ts';
import type { Pod } from '../../../services/webhook/pod.ts';
import { readPod } from '../../../services/webhook/pod-schema.ts';
import { hasProbe } from '../../../services/webhook/policy/decision.ts';
import { injectionRules } from '../../fixtures/injection-rules.ts';
import type { PodShape } from '../../fixtures/pod-shapes.ts';
import { namespaceOf, POD_SHAPES } from '../../fixtures/pod-shapes.ts';
import { appliedPatch } from '../../support/applied-patch.ts';

const FOLDER = new URL('../../golden/patches/', import.meta.url);

function inject(shape: PodShape, pod: unknown): Injection {
  const read = readPod(JSON.parse(JSON.stringify(pod)));
  expect(read.fault).toBeUndefined();
  return injectProbe(read.pod as Pod, namespaceOf(shape), injectionRules(shape.rules));
}

describe.each(POD_SHAPES)('$name', (shape) => {
  const injection = inject(shape, shape.pod);
  const patched = appliedPatch(shape.pod, injection.operations);

  it('is decided as the table says', () => {
    expect(injection.decision.reason).toBe(shape.reason);
    expect(injection.operations.length > 0).toBe(['injected', 'updated'].includes(shape.reason));
  });

  it('is patched as the golden file says', () => {
    const text = `${JSON.stringify(injection, undefined, 2)}\n`;
    const file = new URL(`${shape.name}.json`, FOLDER);
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
    expect(text).toBe(readFileSync(file, 'utf8'));
  });

  it('is left alone the second time', () => {
    const again = inject(shape, patched);
    expect(again.operations).toEqual([]);
    expect(again.decision.reason).toBe(
      hasProbe(injection.decision.reason) ? 'already_injected' : shape.reason,
    );
  });

  it('keeps what it had', () => {
    const before = JSON.parse(JSON.stringify(shape.pod));
    const isOurs = ({ name }: { name: string }): boolean => name.startsWith('flowtap-');
    for (const list of ['containers', 'initContainers', 'volumes'] as const) {
      const kept = (patched.spec[list] ?? []).filter((item: { name: string }) => !isOurs(item));
      expect(kept).toEqual((before.spec[list] ?? []).filter((item: { name: string }) => !isOurs(item)));
    }
    const { [FLOWTAP_KEY.revision]: _revision, ...annotations } = before.metadata?.annotations ?? {};
    expect(patched.metadata?.annotations ?? {}).toMatchObject(annotations);
  });
});

it('the folder has nothing else', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(POD_SHAPES.map(({ name }) => `${name}.json`).sort());
});

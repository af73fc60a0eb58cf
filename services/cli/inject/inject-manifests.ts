import type { InjectionRules } from '../../webhook/inject-probe.ts';
import { InputNamespaces } from './input-namespaces.ts';
import type { Manifests, TreatedManifests } from './treat-manifests.ts';
import { treatManifests } from './treat-manifests.ts';
import { injectWorkload, uninjectWorkload } from './treat-workload.ts';
import { objectsOf } from './workload.ts';

/**
 * Puts the probe into the workloads of manifests. A namespace that is described in one of them counts for all. Throws a
 * FlowtapError MANIFEST_INVALID.
 */
export function injectManifests(
  inputs: readonly Manifests[],
  rules: InjectionRules,
): readonly TreatedManifests[] {
  const namespaces = new InputNamespaces();
  for (const { value } of inputs.flatMap(({ documents }) => documents)) {
    for (const object of objectsOf(value)) namespaces.add(object);
  }
  return inputs.map((manifests) =>
    treatManifests(manifests, (workload, pod) =>
      injectWorkload(workload, pod, namespaces.get(workload.namespace), rules),
    ),
  );
}

/** Takes the probe out of them. */
export function uninjectManifests(inputs: readonly Manifests[]): readonly TreatedManifests[] {
  return inputs.map((manifests) => treatManifests(manifests, uninjectWorkload));
}

/** What was done, a line for each workload: `deployment/web in shop: injected`. */
export function treatmentLines({ source }: Manifests, { treated, rewritten }: TreatedManifests): string[] {
  const decisions = treated.flatMap(({ workload, treatment: { outcome, complaints } }) => {
    const { kind, name, namespace } = workload;
    const place = namespace === undefined ? '' : ` in ${namespace}`;
    return [outcome, ...complaints].map((words) => `${kind.toLowerCase()}/${name}${place}: ${words}`);
  });
  const notes = rewritten.map(
    (number) =>
      `${source}, document ${number}: written anew without comments, as aliases or merge keys share what had to change`,
  );
  return [...decisions, ...notes];
}

/** Several inputs as one stream of documents; a single one stays as it is. */
export function joinManifests(texts: readonly string[]): string {
  return texts
    .map((text, index) => {
      if (index === 0) return text;
      const before = /(?:^|\n)$/.test(texts[index - 1]) ? '' : '\n';
      return `${before}${text.startsWith('---') ? '' : '---\n'}${text}`;
    })
    .join('');
}

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { injectText } from '../cli/inject/inject-text.ts';
import { rulesOfFlags } from '../fixtures/rules-of-flags.ts';
import { kubernetesProgram, kubernetesUnavailable } from '../servers/kubernetes-programs.ts';

const EXAMPLE = new URL('../../examples/kustomize/', import.meta.url);
const unavailable = kubernetesUnavailable('kubectl');

interface Written {
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

let built: readonly Written[];
let injected: readonly Written[];

beforeAll(() => {
  if (unavailable !== undefined) return;
  const output = execFileSync(String(kubernetesProgram('kubectl')), ['kustomize', EXAMPLE.pathname], {
    encoding: 'utf8',
  });
  built = read(output);
  const rules = rulesOfFlags({ probeImage: 'registry.example.com/flowtap-probe:0.1.0' });
  injected = read(injectText(readFileSync(new URL('shop.yaml', EXAMPLE), 'utf8'), rules).text);
});
beforeEach((context) => {
  if (unavailable !== undefined) context.skip(unavailable);
});

test('the component makes of workloads what flowtap inject does', () => {
  const names = injected.map(({ kind }) => kind).sort();
  expect(built.map(({ kind }) => kind).sort()).toEqual(names);
  for (const workload of built) {
    const same = injected.find(({ kind }) => kind === workload.kind);
    // The one that opts out does so by a label of the workload, which only the component knows.
    if (workload.kind === 'DaemonSet') expect(JSON.stringify(workload)).not.toContain('flowtap-probe');
    else expect(comparable(workload)).toEqual(comparable(same));
  }
});

test('the probe comes first among the init containers', () => {
  const web = built.find(({ metadata }) => metadata.name === 'web') as unknown as {
    readonly spec: {
      readonly template: { readonly spec: { readonly initContainers: Written['metadata'][] } };
    };
  };
  expect(web.spec.template.spec.initContainers.map(({ name }) => name)).toEqual(['flowtap-probe', 'migrate']);
});

function read(text: string): readonly Written[] {
  const documents = parseAllDocuments(text);
  return Array.isArray(documents) ? documents.map((document) => document.toJS()) : [];
}

/** Without what a patch cannot know, and lists that are sets in their order by name. */
function comparable(workload: unknown): unknown {
  return JSON.parse(JSON.stringify(workload), (key, value) => {
    if (key === 'annotations' || key === 'namespace') return undefined;
    if (!Array.isArray(value) || key === 'initContainers' || key === 'containers') return value;
    const nameOf = (item: unknown): string => JSON.stringify((item as { name?: unknown })?.name ?? item);
    return value.toSorted((one, other) => nameOf(one).localeCompare(nameOf(other)));
  });
}

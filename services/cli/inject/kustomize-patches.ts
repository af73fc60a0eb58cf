import { FLOWTAP_KEY } from '../../webhook/flowtap-key.ts';
import type { InjectionRules } from '../../webhook/inject-probe.ts';
import type { PatchOperation } from '../../webhook/patch/json-patch.ts';
import { patchPod } from '../../webhook/patch/pod-patch.ts';
import { renderYaml } from './render-yaml.ts';

const HEAD =
  '# Made from services/webhook/patch: UPDATE_GOLDEN=1 npm test -- test/cli/inject/kustomize.test.ts\n';

/** Kustomize takes the kind of the target in place of this one. */
const ANY = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'any' } };
const ANY_CRON_JOB = { apiVersion: 'batch/v1', kind: 'CronJob', metadata: { name: 'any' } };

/** Strategic merge patches with the same probe, by their file; of pods nothing is known, so neither are their ports. */
export function kustomizePatches({ profile }: InjectionRules): ReadonlyMap<string, string> {
  const { operations } = patchPod({ metadata: { annotations: {} }, spec: { containers: [] } }, profile);
  const added = (path: string): unknown => operations.find(isAddition(path))?.value;
  const template = {
    metadata: {
      annotations: { [FLOWTAP_KEY.revision]: added('/metadata/annotations/flowtap.dev~1probe-revision') },
    },
    spec: { initContainers: added('/spec/initContainers'), volumes: added('/spec/volumes') },
  };
  return new Map([
    ['probe.yaml', HEAD + text({ ...ANY, spec: { template } })],
    [
      'probe-of-cron-jobs.yaml',
      HEAD + text({ ...ANY_CRON_JOB, spec: { jobTemplate: { spec: { template } } } }),
    ],
  ]);
}

function isAddition(
  path: string,
): (operation: PatchOperation) => operation is PatchOperation & { op: 'add' } {
  return (operation): operation is PatchOperation & { op: 'add' } =>
    operation.op === 'add' && operation.path === path;
}

function text(value: unknown): string {
  return `${renderYaml(value, true).join('\n')}\n`;
}

import { PROBE_CONTAINER } from '../../core/probe-container.ts';
import { DEFAULT_CONTAINER, FLOWTAP_KEY } from '../flowtap-key.ts';
import type { Container, Pod, PodSpec, Volume } from '../pod.ts';
import type { PatchOperation } from './json-patch.ts';
import { pointer } from './json-patch.ts';
import { mergeContainer } from './merge-container.ts';
import { probeContainer } from './probe-container.ts';
import type { ProbeProfile } from './probe-profile.ts';
import { probeRevision } from './probe-revision.ts';
import { probeVolumes } from './probe-volumes.ts';

export interface PodPatch {
  readonly outcome: 'injected' | 'updated' | 'already_injected' | 'container_name_taken';
  /** None where nothing is to be done. */
  readonly operations: readonly PatchOperation[];
}

type ContainerList = 'containers' | 'initContainers';

/**
 * What makes a pod one with a probe (RFC 6902). Called again on its own result, also after other webhooks have changed
 * the pod, it does nothing, or puts right what matters. Written by hand, as a computed difference turns an insertion at
 * the front into the replacement of all that follows.
 */
export function patchPod(pod: Pod, profile: ProbeProfile): PodPatch {
  const container = probeContainer(pod.spec, profile);
  const volumes = probeVolumes(profile);
  const revision = probeRevision(container, volumes);
  const list: ContainerList = profile.sidecar === 'native' ? 'initContainers' : 'containers';
  const found = findProbe(pod.spec);
  const known = pod.metadata?.annotations?.[FLOWTAP_KEY.revision];
  if (found !== undefined && known === undefined) {
    return { outcome: 'container_name_taken', operations: [] };
  }
  if (known === revision && found !== undefined && isIntact(found, list, container)) {
    return { outcome: 'already_injected', operations: [] };
  }
  const secrets = missingSecrets(pod.spec.imagePullSecrets, profile.imagePullSecrets);
  return {
    outcome: found === undefined ? 'injected' : 'updated',
    operations: [
      ...patchContainer(pod.spec, found, list, container),
      ...patchVolumes(pod.spec.volumes, volumes),
      ...patchPullSecrets(pod.spec.imagePullSecrets, secrets),
      ...patchAnnotations(pod, revision, secrets),
    ],
  };
}

interface FoundProbe {
  readonly list: ContainerList;
  readonly index: number;
  readonly container: Container;
}

/** The probe in a pod, whoever put it there. */
export function findProbe(spec: PodSpec): FoundProbe | undefined {
  for (const list of ['initContainers', 'containers'] as const) {
    const index = (spec[list] ?? []).findIndex(({ name }) => name === PROBE_CONTAINER);
    if (index >= 0) return { list, index, container: spec[list]![index] };
  }
  return undefined;
}

/** Webhooks with an old version of the API lose `restartPolicy`, without which the pod would wait for the probe's end. */
function isIntact(found: FoundProbe, list: ContainerList, wanted: Container): boolean {
  const capabilities = ({ securityContext }: Container): string =>
    JSON.stringify(securityContext?.capabilities?.add ?? []);
  return (
    found.list === list &&
    found.container.restartPolicy === wanted.restartPolicy &&
    capabilities(found.container) === capabilities(wanted)
  );
}

function patchContainer(
  spec: PodSpec,
  found: FoundProbe | undefined,
  list: ContainerList,
  wanted: Container,
): PatchOperation[] {
  if (found?.list === list) {
    const value = mergeContainer(found.container, wanted);
    return [{ op: 'replace', path: pointer('spec', list, found.index), value }];
  }
  const removal: PatchOperation[] =
    found === undefined ? [] : [{ op: 'remove', path: pointer('spec', found.list, found.index) }];
  // First among the init containers, so that the later ones are captured too; last among the containers.
  const position = list === 'initContainers' ? 0 : '-';
  const addition: PatchOperation =
    spec[list] === undefined
      ? { op: 'add', path: pointer('spec', list), value: [wanted] }
      : { op: 'add', path: pointer('spec', list, position), value: wanted };
  return [...removal, addition];
}

function patchVolumes(found: readonly Volume[] | undefined, wanted: readonly Volume[]): PatchOperation[] {
  if (found === undefined) return [{ op: 'add', path: pointer('spec', 'volumes'), value: wanted }];
  return wanted.map((value) => {
    const index = found.findIndex(({ name }) => name === value.name);
    return index < 0
      ? { op: 'add', path: pointer('spec', 'volumes', '-'), value }
      : { op: 'replace', path: pointer('spec', 'volumes', index), value };
  });
}

function missingSecrets(found: PodSpec['imagePullSecrets'], wanted: readonly string[]): readonly string[] {
  return wanted.filter((name) => !found?.some((secret) => secret.name === name));
}

function patchPullSecrets(found: PodSpec['imagePullSecrets'], missing: readonly string[]): PatchOperation[] {
  if (missing.length === 0) return [];
  const value = missing.map((name) => ({ name }));
  if (found === undefined) return [{ op: 'add', path: pointer('spec', 'imagePullSecrets'), value }];
  return value.map((secret) => ({
    op: 'add',
    path: pointer('spec', 'imagePullSecrets', '-'),
    value: secret,
  }));
}

function patchAnnotations(
  { metadata, spec }: Pod,
  revision: string,
  addedSecrets: readonly string[],
): PatchOperation[] {
  const wanted: Record<string, string> = { [FLOWTAP_KEY.revision]: revision };
  if (addedSecrets.length > 0) wanted[FLOWTAP_KEY.pullSecrets] = addedSecrets.join(',');
  const application = spec.containers.find(({ name }) => name !== PROBE_CONTAINER);
  // `kubectl logs` and `kubectl exec` go on to mean the application.
  if (metadata?.annotations?.[DEFAULT_CONTAINER] === undefined && application !== undefined) {
    wanted[DEFAULT_CONTAINER] = application.name;
    wanted[FLOWTAP_KEY.defaultContainer] = application.name;
  }
  if (metadata === undefined) {
    return [{ op: 'add', path: pointer('metadata'), value: { annotations: wanted } }];
  }
  if (metadata.annotations === undefined) {
    return [{ op: 'add', path: pointer('metadata', 'annotations'), value: wanted }];
  }
  return Object.entries(wanted).map(([key, value]) => ({
    op: 'add',
    path: pointer('metadata', 'annotations', key),
    value,
  }));
}

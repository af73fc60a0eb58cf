import { DEFAULT_CONTAINER, FLOWTAP_KEY } from '../../webhook/flowtap-key.ts';
import type { PatchOperation } from '../../webhook/patch/json-patch.ts';
import { pointer } from '../../webhook/patch/json-patch.ts';
import { findProbe } from '../../webhook/patch/pod-patch.ts';
import { PROBE_VOLUME_NAMES } from '../../webhook/patch/probe-volumes.ts';
import type { Pod } from '../../webhook/pod.ts';

export interface ProbeRemoval {
  readonly outcome: 'removed' | 'no_probe' | 'container_name_taken';
  readonly operations: readonly PatchOperation[];
}

/** What takes out of a pod all that was put in (RFC 6902); nothing where flowtap put nothing in. */
export function removeProbe({ metadata, spec }: Pod): ProbeRemoval {
  const { annotations = {} } = metadata ?? {};
  const found = findProbe(spec);
  if (annotations[FLOWTAP_KEY.revision] === undefined) {
    return { outcome: found === undefined ? 'no_probe' : 'container_name_taken', operations: [] };
  }
  const container: PatchOperation[] =
    found === undefined ? [] : [{ op: 'remove', path: pointer('spec', found.list, found.index) }];
  const secrets = annotations[FLOWTAP_KEY.pullSecrets]?.split(',') ?? [];
  return {
    outcome: 'removed',
    operations: [
      ...container,
      ...removeNamed('volumes', spec.volumes, PROBE_VOLUME_NAMES),
      ...removeNamed('imagePullSecrets', spec.imagePullSecrets, secrets),
      ...removeAnnotations(annotations),
    ],
  };
}

/** From the last to the first, so that positions stay true. */
function removeNamed(
  list: 'volumes' | 'imagePullSecrets',
  found: readonly { readonly name?: string }[] = [],
  names: readonly string[],
): PatchOperation[] {
  return found
    .map(({ name }, index) => ({ name, path: pointer('spec', list, index) }))
    .filter(({ name }) => name !== undefined && names.includes(name))
    .map(({ path }) => ({ op: 'remove' as const, path }))
    .reverse();
}

function removeAnnotations(annotations: Readonly<Record<string, string>>): PatchOperation[] {
  const named = annotations[FLOWTAP_KEY.defaultContainer];
  const keys = [
    ...[FLOWTAP_KEY.revision, FLOWTAP_KEY.defaultContainer, FLOWTAP_KEY.pullSecrets],
    // Whoever named another one since meant it.
    ...(named !== undefined && annotations[DEFAULT_CONTAINER] === named ? [DEFAULT_CONTAINER] : []),
  ];
  return keys
    .filter((key) => annotations[key] !== undefined)
    .map((key) => ({ op: 'remove', path: pointer('metadata', 'annotations', key) }));
}

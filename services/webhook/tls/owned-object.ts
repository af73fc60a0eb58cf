import { FlowtapError } from '../../runtime/errors.ts';
import type { KubernetesObject } from '../../runtime/kubernetes/kubernetes-object.ts';

/** What is written by flowtap carries this label; what does not is left alone. */
export const OWNER_LABEL = { name: 'app.kubernetes.io/name', value: 'flowtap' } as const;

export function isOwned({ metadata }: KubernetesObject): boolean {
  return metadata.labels?.[OWNER_LABEL.name] === OWNER_LABEL.value;
}

/** Throws a FlowtapError OBJECT_NOT_OWNED. */
export function expectOwned(kind: string, object: KubernetesObject): void {
  if (isOwned(object)) return;
  const { namespace, name } = object.metadata;
  const place = namespace === undefined ? name : `${namespace}/${name}`;
  throw new FlowtapError(
    'OBJECT_NOT_OWNED',
    'tls',
    `The ${kind} ${place} lacks the label ${OWNER_LABEL.name}: ${OWNER_LABEL.value}, so it is not changed. Add the label, or choose another name.`,
  );
}

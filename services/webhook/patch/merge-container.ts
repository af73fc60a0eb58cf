import type { Container } from '../pod.ts';

interface Named {
  readonly name: string;
}

/**
 * The probe as it should be, with what others have added to it since: fields that we do not set, variables and mounts
 * of other names. Webhooks that add something to every container would else undo each other's work for ever.
 */
export function mergeContainer(found: Container, wanted: Container): Container {
  return {
    ...found,
    ...wanted,
    env: mergeByName(found.env ?? [], wanted.env ?? [], ({ name }) => name),
    volumeMounts: mergeByName(
      found.volumeMounts ?? [],
      wanted.volumeMounts ?? [],
      ({ mountPath }) => mountPath,
    ),
  };
}

function mergeByName<Item extends Named | { readonly mountPath: string }>(
  found: readonly Item[],
  wanted: readonly Item[],
  keyOf: (item: Item) => string,
): readonly Item[] {
  const ours = new Set(wanted.map(keyOf));
  return [...wanted, ...found.filter((item) => !ours.has(keyOf(item)))];
}

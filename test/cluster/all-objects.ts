import type { ControlPlane } from '../servers/control-plane.ts';

/** What comes and goes by itself, or is another view of something else. */
const NOT_LOOKED_AT = /^(events|endpoints$|componentstatuses)/;

/** `Kind namespace/name` of everything there is in a cluster. */
export function allObjects(plane: ControlPlane): readonly string[] {
  const kinds = plane
    .kubectl(['api-resources', '--verbs=list', '--output=name'])
    .split('\n')
    .filter((kind) => kind !== '' && !NOT_LOOKED_AT.test(kind));
  const row = '{range .items[*]}{.kind}{" "}{.metadata.namespace}/{.metadata.name}{"\\n"}{end}';
  const rows = plane.kubectl(['get', kinds.join(','), '--all-namespaces', '-o', `jsonpath=${row}`]);
  return rows
    .split('\n')
    .filter((each) => each !== '')
    .sort();
}

import type { Names, ServiceName } from '../flow-source.ts';
import type { Group, Value } from './group.ts';

const SIDES = ['source', 'destination'] as const;

/** What documents are to be grouped by for `shapeNames`, one end at a time. */
export const NAME_FIELDS: readonly (readonly string[])[] = SIDES.map((side) => [
  `${side}.kubernetes.namespace`,
  `${side}.kubernetes.service.namespace`,
  `${side}.kubernetes.service.name`,
]);

/** The namespaces and services of groups, each once and in order. */
export function shapeNames(
  groupsOf: (fields: readonly string[]) => {
    readonly groups: readonly Pick<Group, 'values'>[];
    readonly isPartial: boolean;
  },
): Names {
  const namespaces = new Set<string>();
  const services = new Map<string, ServiceName>();
  let isPartial = false;
  for (const fields of NAME_FIELDS) {
    const found = groupsOf(fields);
    isPartial ||= found.isPartial;
    for (const { values } of found.groups) {
      const [namespace, serviceNamespace, name] = fields.map((field): Value => values[field]);
      if (namespace !== undefined) namespaces.add(String(namespace));
      if (serviceNamespace === undefined || name === undefined) continue;
      const service = { namespace: String(serviceNamespace), name: String(name) };
      services.set(`${service.namespace}/${service.name}`, service);
    }
  }
  return {
    namespaces: [...namespaces].sort(),
    services: [...services].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, service]) => service),
    isPartial,
  };
}

import type { End, FlowFilter, ServiceName } from '../flow-source.ts';

/** One thing that is asked of a document. */
export type Test =
  | { readonly field: string; readonly is: string | number }
  /** An address, or one of a range. */
  | { readonly field: string; readonly within: string };

/** Holds where all tests of any of its rows do. */
export type Condition = readonly (readonly Test[])[];

const SIDES = ['source', 'destination'] as const;
type Side = (typeof SIDES)[number];

/** What must hold of a document that counts, beside its time. */
export function conditionsOf(filter: FlowFilter): readonly Condition[] {
  const { namespace, pod, service, label, address, port, transport } = filter;
  const conditions: (Condition | undefined)[] = [
    namespace && eitherEnd((side) => [is(`${side}.kubernetes.namespace`, namespace)]),
    pod && eitherEnd((side) => [is(`${side}.kubernetes.pod.name`, pod)]),
    service && eitherEnd((side) => serviceTests(side, service)),
    filter.answeredBy && [serviceTests('destination', filter.answeredBy)],
    filter.source && [endTests('source', filter.source)],
    filter.destination && [endTests('destination', filter.destination)],
    label && eitherEnd((side) => [is(`${side}.kubernetes.pod.labels.${label.key}`, label.value)]),
    address && observedOrReal('ip').map((field) => [{ field, within: address }]),
    port && observedOrReal('port').map((field) => [is(field, port)]),
    transport && [[is('network.transport', transport)]],
  ].map((condition) => condition || undefined);
  return conditions.filter((condition) => condition !== undefined);
}

function is(field: string, value: string | number): Test {
  return { field, is: value };
}

function eitherEnd(tests: (side: Side) => readonly Test[]): Condition {
  return SIDES.map(tests);
}

function observedOrReal(name: string): readonly string[] {
  return SIDES.flatMap((side) => [`${side}.${name}`, `flowtap.original.${side}.${name}`]);
}

function serviceTests(side: Side, { namespace, name }: ServiceName): readonly Test[] {
  return [is(`${side}.kubernetes.service.namespace`, namespace), is(`${side}.kubernetes.service.name`, name)];
}

/** The field that an end of a kind is known by. */
const END_FIELDS: Readonly<Record<Exclude<End['kind'], 'outside' | 'unknown'>, string>> = {
  namespace: 'kubernetes.namespace',
  service: 'kubernetes.service.name',
  workload: 'kubernetes.workload.name',
  pod: 'kubernetes.pod.name',
  node: 'kubernetes.node.name',
  address: 'ip',
};

function endTests(side: Side, { kind, namespace, name }: End): readonly Test[] {
  if (kind === 'outside' || kind === 'unknown') {
    return [is(`flowtap.${side}.named_by`, kind === 'outside' ? 'external' : 'unknown')];
  }
  const named =
    kind === 'address' ? { field: `${side}.ip`, within: name } : is(`${side}.${END_FIELDS[kind]}`, name);
  return namespace === undefined ? [named] : [is(`${side}.kubernetes.namespace`, namespace), named];
}

import type { Clause } from '../../console/elasticsearch/flow-query.ts';
import { timeClauses } from '../../console/elasticsearch/flow-query.ts';
import type { EndCriteria, FlowCriteria } from './flow-criteria.ts';
import { labelClauses } from './label-selector.ts';
import type { NamePattern } from './name-pattern.ts';
import { nameClause } from './name-pattern.ts';
import type { PortRange } from './port-range.ts';

type Side = 'source' | 'destination';
const SIDES: readonly Side[] = ['source', 'destination'];

/** What must hold, and what must not. */
interface Demands {
  readonly filter: readonly Clause[];
  readonly mustNot: readonly Clause[];
}

/** The criteria as a query of flow documents; `more` must hold as well. */
export function criteriaQuery(criteria: FlowCriteria, more: readonly Clause[] = []): Clause {
  const demands = [
    eitherDemands(criteria.either),
    ...SIDES.map((side) => sideDemands(side, side === 'source' ? criteria.from : criteria.to)),
  ];
  const filter = [
    ...timeClauses({ fromMs: criteria.fromMs, toMs: criteria.toMs }),
    ...demands.flatMap((each) => each.filter),
    ...conversationClauses(criteria),
    ...more,
  ];
  const mustNot = demands.flatMap((each) => each.mustNot);
  return { bool: { filter, ...(mustNot.length > 0 && { must_not: mustNot }) } };
}

/**
 * Names, labels and addresses are asked of one and the same end; ports and how an end was named of either. What is
 * excluded must be at neither.
 */
function eitherDemands(criteria: EndCriteria): Demands {
  const identities = SIDES.map((side) => identityDemands(side, criteria));
  const others = SIDES.map((side) => otherDemands(side, criteria));
  const sameEnd = identities.map(({ filter }) => filter);
  const kinds = others[0].filter.map((_, index) => anyOf(others.map(({ filter }) => filter[index])));
  return {
    filter: [...(sameEnd[0].length === 0 ? [] : [anyOf(sameEnd.map(allOf))]), ...kinds],
    mustNot: [...identities, ...others].flatMap(({ mustNot }) => mustNot),
  };
}

function sideDemands(side: Side, criteria: EndCriteria): Demands {
  const parts = [identityDemands(side, criteria), otherDemands(side, criteria)];
  return {
    filter: parts.flatMap(({ filter }) => filter),
    mustNot: parts.flatMap(({ mustNot }) => mustNot),
  };
}

function identityDemands(side: Side, { namespace, pod, service, workload, label, ip }: EndCriteria): Demands {
  const kubernetes = `${side}.kubernetes`;
  const named = (own: string, namespaceField: string) => (pattern: NamePattern) =>
    nameClauses(pattern, `${kubernetes}.${own}`, `${kubernetes}.${namespaceField}`);
  const lists = [
    demandsOf(namespace, ({ name }) => nameClause(`${kubernetes}.namespace`, name)),
    demandsOf(pod, named('pod.name', 'pod.namespace')),
    demandsOf(service, named('service.name', 'service.namespace')),
    demandsOf(workload, named('workload.name', 'namespace')),
    demandsOf(ip, ({ within }) =>
      anyOf(observedOrReal(side, 'ip').map((field) => ({ term: { [field]: within } }))),
    ),
  ];
  const labels =
    label === undefined
      ? []
      : [{ exists: { field: `${kubernetes}.pod.name` } }, ...labelClauses(`${kubernetes}.pod.labels`, label)];
  return {
    filter: [...lists.flatMap(({ filter }) => filter), ...labels],
    mustNot: lists.flatMap(({ mustNot }) => mustNot),
  };
}

function otherDemands(side: Side, { port, namedBy }: EndCriteria): Demands {
  const ports = demandsOf(port, (range) =>
    anyOf(observedOrReal(side, 'port').map((field) => portClause(field, range))),
  );
  const named = namedBy === undefined ? [] : [{ terms: { [`flowtap.${side}.named_by`]: namedBy } }];
  return { filter: [...ports.filter, ...named], mustNot: ports.mustNot };
}

/** Of what is wanted any one, of what is not wanted none. */
function demandsOf<Pattern extends { readonly isExcluded: boolean }>(
  patterns: readonly Pattern[] | undefined,
  clause: (pattern: Pattern) => Clause,
): Demands {
  const [wanted, unwanted] = [false, true].map((isExcluded) =>
    (patterns ?? []).filter((pattern) => pattern.isExcluded === isExcluded).map(clause),
  );
  return { filter: wanted.length === 0 ? [] : [anyOf(wanted)], mustNot: unwanted };
}

function nameClauses({ namespace, name }: NamePattern, field: string, namespaceField: string): Clause {
  const own = nameClause(field, name);
  return namespace === undefined ? own : allOf([nameClause(namespaceField, namespace), own]);
}

/** A translated end is found by what was observed, too. */
function observedOrReal(side: Side, name: string): readonly string[] {
  return [`${side}.${name}`, `flowtap.original.${side}.${name}`];
}

function portClause(field: string, { first, last }: PortRange): Clause {
  return first === last ? { term: { [field]: first } } : { range: { [field]: { gte: first, lte: last } } };
}

function conversationClauses(criteria: FlowCriteria): readonly Clause[] {
  const { transport, nat, endReason, isExternal, isRefused, isUnanswered, isLossy } = criteria;
  const clauses: (Clause | false | undefined)[] = [
    transport && { terms: { 'network.transport': transport } },
    nat && anyOf(nat.map(natClause)),
    endReason && { terms: { 'flowtap.end_reason': endReason } },
    isExternal && anyOf(SIDES.map((side) => ({ term: { [`flowtap.${side}.named_by`]: 'external' } }))),
    isRefused && allOf(REFUSED),
    isUnanswered && aboveZero('flowtap.tcp.source.unanswered_syns'),
    isLossy && anyOf(SIDES.map((side) => aboveZero(`flowtap.loss.${side}.bytes`))),
  ];
  return clauses.filter((clause) => clause !== undefined && clause !== false);
}

/** A RST, and never a SYN, was all the answer to a SYN of the same window. */
const REFUSED: readonly Clause[] = [
  { term: { 'flowtap.tcp.source.flags': 'syn' } },
  { term: { 'flowtap.tcp.destination.flags': 'rst' } },
  { bool: { must_not: { term: { 'flowtap.tcp.destination.flags': 'syn' } } } },
];

function natClause(evidence: string): Clause {
  if (evidence === 'none') return { bool: { must_not: { exists: { field: 'flowtap.nat.evidence' } } } };
  return { term: { 'flowtap.nat.evidence': evidence } };
}

function aboveZero(field: string): Clause {
  return { range: { [field]: { gt: 0 } } };
}

function allOf(clauses: readonly Clause[]): Clause {
  return clauses.length === 1 ? clauses[0] : { bool: { filter: clauses } };
}

function anyOf(clauses: readonly Clause[]): Clause {
  return clauses.length === 1 ? clauses[0] : { bool: { should: clauses, minimum_should_match: 1 } };
}

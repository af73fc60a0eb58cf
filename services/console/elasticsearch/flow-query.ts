import type { FlowFilter } from '../flow-source.ts';
import type { Test } from '../shape/condition.ts';
import { conditionsOf } from '../shape/condition.ts';

/** Query DSL. */
export type Clause = Readonly<Record<string, unknown>>;

/** The filter as a query; `more` must hold as well. */
export function flowQuery(filter: FlowFilter, more: readonly Clause[] = []): Clause {
  const conditions = conditionsOf(filter).map((condition) =>
    anyOf(condition.map((tests) => ({ bool: { filter: tests.map(testClause) } }))),
  );
  return { bool: { filter: [...timeClauses(filter), ...conditions, ...more] } };
}

/** That the time is in the filter's range. */
export function timeClauses({ fromMs, toMs }: FlowFilter): readonly Clause[] {
  if (fromMs === undefined && toMs === undefined) return [];
  const range = {
    ...(fromMs !== undefined && { gte: fromMs }),
    ...(toMs !== undefined && { lt: toMs }),
    format: 'epoch_millis',
  };
  return [{ range: { '@timestamp': range } }];
}

function anyOf(clauses: readonly Clause[]): Clause {
  return { bool: { should: clauses, minimum_should_match: 1 } };
}

function testClause(test: Test): Clause {
  return { term: { [test.field]: 'is' in test ? test.is : test.within } };
}

import type * as z from 'zod/mini';
import type { Clause } from '../../console/elasticsearch/flow-query.ts';
import { labelKey } from '../../console/server/parameter.ts';
import { reader } from '../../runtime/config-values.ts';

/** One requirement of a selector; without values: that there is such a label. */
export interface LabelRequirement {
  readonly key: string;
  readonly isNegated: boolean;
  readonly values?: readonly string[] | undefined;
}

/** All of them must hold. */
export type LabelSelector = readonly LabelRequirement[];

/** kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set */
const VALUE = /^(?:[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?)?$/;

const SET = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/;
const EQUAL = /^([^\s=!]+)\s*(==|=|!=)\s*(\S*)$/;
const THERE = /^(!?)\s*([^\s=!]+)$/;
const MAX_REQUIREMENTS = 64;

/** Reads a selector as kubectl takes it: `app=web,tier!=db,env in (a,b),!legacy`. */
export function labelSelector(): z.ZodMiniType<LabelSelector, string> {
  return reader('a label selector such as app=web,tier!=db,env in (a,b),!legacy', (text) => {
    const requirements = split(text).map(readRequirement);
    const isWhole = requirements.every((requirement) => requirement !== undefined);
    return isWhole && requirements.length <= MAX_REQUIREMENTS ? requirements : undefined;
  });
}

/** At commas that are not in parentheses. */
function split(text: string): string[] {
  return text.split(/,(?![^(]*\))/).map((part) => part.trim());
}

function readRequirement(text: string): LabelRequirement | undefined {
  const [, setKey, operator, list] = SET.exec(text) ?? [];
  if (setKey !== undefined) {
    const values = list.split(',').map((value) => value.trim());
    return checked({ key: setKey, isNegated: operator === 'notin', values });
  }
  const [, key, comparison, value] = EQUAL.exec(text) ?? [];
  if (key !== undefined) return checked({ key, isNegated: comparison === '!=', values: [value] });
  const [, not, there] = THERE.exec(text) ?? [];
  return there === undefined ? undefined : checked({ key: there, isNegated: not === '!' });
}

function checked(requirement: LabelRequirement): LabelRequirement | undefined {
  const isSound =
    labelKey.safeParse(requirement.key).success &&
    (requirement.values ?? []).every((value) => VALUE.test(value));
  return isSound ? requirement : undefined;
}

/** That a pod's labels, which are `flattened` below the field, fit. As with Kubernetes, `!=` and `notin` hold without the label. */
export function labelClauses(field: string, selector: LabelSelector): readonly Clause[] {
  return selector.map(({ key, isNegated, values }) => {
    const path = `${field}.${key}`;
    const clause = values === undefined ? { exists: { field: path } } : { terms: { [path]: values } };
    return isNegated ? { bool: { must_not: clause } } : clause;
  });
}

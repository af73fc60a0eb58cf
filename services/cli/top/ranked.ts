import type { Level } from '../../console/flow-source.ts';
import { labelKey } from '../../console/server/parameter.ts';
import { endFields, endOf } from '../../console/shape/end.ts';
import type { Value } from '../../console/shape/group.ts';
import { textOf } from '../../console/shape/group.ts';
import { printable } from '../../runtime/terminal.ts';
import { endText } from '../flows/end-text.ts';
import { FIELD_WORDS, LEVEL_WORDS } from './ranked-words.ts';

export type Side = 'source' | 'destination';

/** What ends are taken together by. */
export interface Grouping {
  /** Fields of an end of a flow. */
  readonly fieldsOf: (side: Side) => readonly string[];
  /** What ends with these values are called. */
  readonly nameOf: (side: Side, read: (field: string) => Value) => string;
}

const LEVEL_OF: Readonly<Record<(typeof LEVEL_WORDS)[number], Level>> = {
  namespaces: 'namespace',
  services: 'service',
  workloads: 'workload',
  pods: 'pod',
  addresses: 'address',
};

/** Below `kubernetes` of an end. */
const FIELD_OF: Readonly<Record<(typeof FIELD_WORDS)[number], string>> = {
  nodes: 'node.name',
  versions: 'version',
  apps: 'app',
};

const LABEL = 'label:';

/** What a word stands for, such as `pods` or `label:track`; undefined where it is none. */
export function groupingOf(word: string): Grouping | undefined {
  const levelWord = LEVEL_WORDS.find((known) => known === word);
  if (levelWord !== undefined) {
    const level = LEVEL_OF[levelWord];
    return {
      fieldsOf: (side) => endFields(level).filter((field) => field.split('.').includes(side)),
      nameOf: (side, read) => endText(endOf(side, level, read)),
    };
  }
  const fieldWord = FIELD_WORDS.find((known) => known === word);
  if (fieldWord !== undefined) return byField(FIELD_OF[fieldWord]);
  const label = word.startsWith(LABEL) ? word.slice(LABEL.length) : '';
  return labelKey.safeParse(label).success ? byField(`pod.labels.${label}`) : undefined;
}

function byField(field: string): Grouping {
  const of = (side: Side): string => `${side}.kubernetes.${field}`;
  return {
    fieldsOf: (side) => [of(side)],
    nameOf: (side, read) => printable(textOf(read(of(side))) ?? 'none'),
  };
}

import type { FlowDocument, FlowFilter, PodShare, Split, SplitQuery } from '../flow-source.ts';
import type { Group, Groups } from './group.ts';
import { textOf } from './group.ts';
import { walk } from './read-document.ts';
import { addVolumes } from './volume.ts';

const POD = 'destination.kubernetes.pod.name';
const NODE = 'destination.kubernetes.node.name';
const VERSION = 'destination.kubernetes.version';
/** There where a translation tells which service was called. */
const CALLED = 'flowtap.nat.service.name';

export const POD_LABELS = 'destination.kubernetes.pod.labels';

/** What documents are to be grouped by for `shapeSplit`. */
export function splitFields({ label }: SplitQuery): readonly string[] {
  const fields = [POD, NODE, VERSION, CALLED];
  return label === undefined ? fields : [...fields, labelField(label)];
}

/** The filter of a query, and that the service is at the destination. */
export function splitFilter({ filter, service }: SplitQuery): FlowFilter {
  return { ...filter, answeredBy: service };
}

/** The shares of pods by name. Two pods of a name, one after the other, are one where all else is the same. */
export function shapeSplit(
  { groups, isPartial }: Groups,
  query: SplitQuery,
  labels: readonly string[],
): Split {
  const balanced = groups.filter(({ values }) => values[CALLED] !== undefined);
  const isBalanced = query.calls === 'service' || (query.calls === 'auto' && balanced.length > 0);
  const shares = new Map<string, PodShare>();
  for (const group of isBalanced ? balanced : groups) {
    const share = shareOf(group, query.label);
    const key = JSON.stringify([share.pod, share.node, share.version, share.label]);
    const known = shares.get(key);
    shares.set(
      key,
      known === undefined ? share : { ...share, volume: addVolumes(known.volume, share.volume) },
    );
  }
  const pods = [...shares].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, share]) => share);
  return { pods, calls: isBalanced ? 'service' : 'all', labels, isPartial };
}

function shareOf({ values, volume }: Group, label: string | undefined): PodShare {
  return {
    pod: textOf(values[POD]),
    node: textOf(values[NODE]),
    version: textOf(values[VERSION]),
    label: label === undefined ? undefined : textOf(values[labelField(label)]),
    volume,
  };
}

function labelField(label: string): string {
  return `${POD_LABELS}.${label}`;
}

/** How many documents are looked at for labels. */
export const LABEL_SAMPLE = 50;

/** The names of labels of the pods that answered. */
export function labelsOf(documents: readonly FlowDocument[]): readonly string[] {
  return [...new Set(documents.flatMap((document) => Object.keys(walk(document, POD_LABELS) ?? {})))].sort();
}

/** What was dropped between the wire and the records, and how often; undefined where nobody knows. */
export interface Loss {
  readonly what: string;
  readonly count: number | undefined;
}

/** What we say, and the lines of the summary that `flowtap probe` ends with. */
const LOSSES = [
  { what: 'packets (kernel)', names: ['packets dropped by the kernel'] },
  { what: 'flows (table full)', names: ['flows evicted'] },
  {
    what: 'records (slow reader)',
    names: ['records dropped for a slow reader', 'records dropped without a reader'],
  },
] as const;

/** Reads what was dropped from what the probe wrote to standard error. */
export function probeLosses(stderr: string): readonly Loss[] {
  return LOSSES.map(({ what, names }) => {
    const counts = names.map((name) => countOf(name, stderr));
    const sum = counts.reduce((total, count) => total + count, 0);
    return { what, count: Number.isNaN(sum) ? undefined : sum };
  });
}

function countOf(name: string, summary: string): number {
  const value = new RegExp(`^${name} +([\\d,]+)$`, 'm').exec(summary)?.[1];
  return Number(value?.replaceAll(',', ''));
}

/** What was dropped between the wire and the documents, and how often; undefined where nobody knows. */
export interface Loss {
  readonly what: string;
  readonly count: number | undefined;
}

/** What we say, and the counters that the probe logs as it ends. */
const LOSSES = [
  { what: 'packets (kernel)', names: ['capture.kernel_drops'] },
  { what: 'flows (table full)', names: ['flow.evicted'] },
  {
    what: 'records (not delivered)',
    names: [
      'output.dropped_events',
      'queue.dropped_events',
      'spool.dropped_events',
      'delivery.refused_dropped_events',
    ],
  },
] as const;

const END = '"message":"capture ended"';

/** Reads what was dropped from what the probe has logged. */
export function probeLosses(log: string): readonly Loss[] {
  const counters = lastCounters(log);
  return LOSSES.map(({ what, names }) => {
    const sum = names.reduce((total, name) => total + (counters?.[name] ?? Number.NaN), 0);
    return { what, count: Number.isNaN(sum) ? undefined : sum };
  });
}

/** Those of several probes, cause by cause. */
export function sumOfLosses(losses: readonly (readonly Loss[])[]): readonly Loss[] {
  return LOSSES.map(({ what }, index) => {
    const sum = losses.reduce((total, ofProbe) => total + (ofProbe[index].count ?? Number.NaN), 0);
    return { what, count: Number.isNaN(sum) ? undefined : sum };
  });
}

function lastCounters(log: string): Readonly<Record<string, number>> | undefined {
  const line = log.split('\n').findLast((text) => text.includes(END));
  return line === undefined ? undefined : JSON.parse(line)['flowtap.counters'];
}

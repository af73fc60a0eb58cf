import type { FlowsQuery } from '../flow-source.ts';

export interface SortKey {
  readonly field: string;
  readonly order: 'asc' | 'desc';
  readonly type: 'date' | 'long' | 'keyword';
}

const NEWEST: SortKey = { field: '@timestamp', order: 'desc', type: 'date' };

/** Tells apart what is of one time. */
const LAST_KEYS: readonly SortKey[] = [
  { field: 'event.id', order: 'asc', type: 'keyword' },
  { field: 'observer.name', order: 'asc', type: 'keyword' },
];

/** What documents are sorted by: always the same order, so that pages neither repeat nor leave out. */
export function sortKeys(sort: FlowsQuery['sort']): readonly SortKey[] {
  if (sort === 'time') return [NEWEST, ...LAST_KEYS];
  return [{ field: 'network.bytes', order: 'desc', type: 'long' }, NEWEST, ...LAST_KEYS];
}

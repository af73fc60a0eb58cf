import type { Client } from '@elastic/elasticsearch';
import { isNotFound } from '../../runtime/elasticsearch/elasticsearch-failure.ts';
import type { IndexTemplate } from './template-set.ts';

/** A data stream that is there, and from which revision of its template the index was made that is written to. */
export interface DataStream {
  readonly name: string;
  readonly writeIndex: string;
  readonly revision: string | undefined;
}

export interface FoundStreams {
  readonly streams: readonly DataStream[];
  /** Indices where data streams should be: somebody wrote before the template was there. */
  readonly plainIndices: readonly string[];
}

interface Resolved {
  readonly data_streams: readonly {
    readonly name: string;
    readonly backing_indices: string | readonly string[];
  }[];
  readonly indices: readonly { readonly name: string; readonly data_stream?: string }[];
}

/** `logs-flowtap.flow-*`, or the one stream of a namespace. */
export function streamPattern(
  { index_patterns: [pattern] }: IndexTemplate,
  namespace: string | undefined,
): string {
  return namespace === undefined ? pattern : `${pattern.slice(0, -1)}${namespace}`;
}

/** Not through /_data_stream, which not every edition has and which needs more privileges. */
export async function findStreams(client: Client, pattern: string): Promise<FoundStreams> {
  let found: Resolved;
  try {
    found = await client.transport.request<Resolved>({ method: 'GET', path: `/_resolve/index/${pattern}` });
  } catch (error) {
    if (isNotFound(error)) return { streams: [], plainIndices: [] };
    throw error;
  }
  const streams: DataStream[] = [];
  for (const { name, backing_indices: backing } of found.data_streams) {
    // The newest is the last one.
    const writeIndex = [backing].flat().at(-1) ?? name;
    streams.push({ name, writeIndex, revision: await revisionOf(client, writeIndex) });
  }
  const plainIndices = found.indices.filter(({ data_stream: stream }) => stream === undefined);
  return { streams, plainIndices: plainIndices.map(({ name }) => name) };
}

async function revisionOf(client: Client, index: string): Promise<string | undefined> {
  const answer = await client.indices.getMapping({ index });
  const meta = answer[index]?.mappings._meta as { readonly revision?: string } | undefined;
  return meta?.revision;
}

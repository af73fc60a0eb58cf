import type { Edge, Edges, EdgesQuery } from '../flow-source.ts';
import { endFields, endKey, endOf } from './end.ts';
import type { Groups } from './group.ts';
import { textOf } from './group.ts';
import { addVolumes, bytesOf, NO_VOLUME } from './volume.ts';

const PORT = 'destination.port';
const TRANSPORT = 'network.transport';

/** What documents are to be grouped by for `shapeEdges`. */
export function edgeFields({ level, withPorts }: EdgesQuery): readonly string[] {
  return withPorts ? [...endFields(level), PORT, TRANSPORT] : endFields(level);
}

/** Makes edges of groups: those with ends of the same name are one. The heaviest come first. */
export function shapeEdges({ groups, isPartial }: Groups, query: EdgesQuery): Edges {
  const edges = new Map<string, Edge>();
  let total = NO_VOLUME;
  for (const { values, volume } of groups) {
    const source = endOf('source', query.level, (field) => values[field]);
    const destination = endOf('destination', query.level, (field) => values[field]);
    const port = query.withPorts && values[PORT] !== undefined ? Number(values[PORT]) : undefined;
    const transport = query.withPorts ? textOf(values[TRANSPORT]) : undefined;
    const key = [endKey(source), endKey(destination), port, transport].join(' ');
    const known = edges.get(key);
    const sum = known === undefined ? volume : addVolumes(known.volume, volume);
    edges.set(key, { source, destination, port, transport, volume: sum });
    total = addVolumes(total, volume);
  }
  const ordered = [...edges].sort(
    ([keyA, a], [keyB, b]) => bytesOf(b.volume) - bytesOf(a.volume) || (keyA < keyB ? -1 : 1),
  );
  return {
    edges: ordered.slice(0, query.size).map(([, edge]) => edge),
    found: edges.size,
    total,
    isPartial,
  };
}

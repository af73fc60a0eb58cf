import type { FlowSource } from '../flow-source.ts';
import { writeCursor } from './parameter.ts';
import { readEdgesQuery, readFlowQuery, readFlowsQuery, readSplitQuery, readTimeQuery } from './query.ts';

/** Reads what is asked, at once, and gives what answers it. Throws a Refusal for what cannot be asked. */
export type Answer = (parameters: object, nowMs: number) => (signal: AbortSignal) => Promise<unknown>;

/** What can be asked at `/api/<name>`. */
export function answersOf(source: FlowSource): Readonly<Record<string, Answer>> {
  return {
    edges: (parameters, nowMs) => {
      const query = readEdgesQuery(parameters, nowMs);
      return (signal) => source.edges(query, signal);
    },
    split: (parameters, nowMs) => {
      const query = readSplitQuery(parameters, nowMs);
      return (signal) => source.split(query, signal);
    },
    flows: (parameters, nowMs) => {
      const query = readFlowsQuery(parameters, nowMs);
      return async (signal) => {
        const { next, ...page } = await source.flows(query, signal);
        return { ...page, ...(next !== undefined && { next: writeCursor(next) }) };
      };
    },
    flow: (parameters, nowMs) => {
      const { id, filter } = readFlowQuery(parameters, nowMs);
      return (signal) => source.flow(id, filter, signal);
    },
    probes: (parameters, nowMs) => {
      const filter = readTimeQuery(parameters, nowMs);
      return (signal) => source.probes(filter, signal);
    },
    names: (parameters, nowMs) => {
      const filter = readTimeQuery(parameters, nowMs);
      return (signal) => source.names(filter, signal);
    },
  };
}

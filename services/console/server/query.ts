import * as z from 'zod/mini';
import { flag, integer, oneOf } from '../../runtime/config-values.ts';
import type { EdgesQuery, FlowFilter, FlowsQuery, SplitQuery } from '../flow-source.ts';
import { LEVELS } from '../flow-source.ts';
import * as parameter from './parameter.ts';
import { Refusal } from './refusal.ts';

const MAX_EDGES = 5000;
const MAX_ROWS = 200;
const DEFAULT_SPAN_MS = 900_000;

const FILTER = {
  last: z.optional(parameter.timeSpan),
  from: z.optional(parameter.time),
  to: z.optional(parameter.time),
  namespace: z.optional(parameter.name),
  pod: z.optional(parameter.name),
  service: z.optional(parameter.serviceName),
  source: z.optional(parameter.end),
  destination: z.optional(parameter.end),
  label: z.optional(parameter.label),
  address: z.optional(parameter.address),
  port: z.optional(integer(1, 65_535)),
  transport: z.optional(parameter.name),
};

const EDGES = z.strictObject({
  ...FILTER,
  level: z._default(oneOf(...LEVELS), 'service'),
  ports: z._default(flag(), false),
  size: z._default(integer(1, MAX_EDGES), 1000),
});

const SPLIT = z.strictObject({
  ...FILTER,
  service: parameter.serviceName,
  by: z.optional(parameter.labelKey),
  calls: z._default(oneOf('auto', 'service', 'all'), 'auto'),
});

const FLOWS = z.strictObject({
  ...FILTER,
  sort: z._default(oneOf('time', 'bytes'), 'time'),
  size: z._default(integer(1, MAX_ROWS), 50),
  after: z.optional(parameter.cursor),
});

const FLOW = z.strictObject({ ...FILTER, id: parameter.name });
const TIME = z.strictObject({ last: FILTER.last, from: FILTER.from, to: FILTER.to });

type FilterParameters = Omit<FlowFilter, 'fromMs' | 'toMs' | 'answeredBy'> & {
  readonly last?: number | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
};

/** What a request asks for, by the parameters of its URL. Each throws a Refusal that names what cannot be used. */
export function readEdgesQuery(parameters: object, nowMs: number): EdgesQuery {
  const { level, ports: withPorts, size, ...rest } = read(EDGES, parameters);
  return { filter: filterOf(rest, nowMs), level, withPorts, size };
}

export function readSplitQuery(parameters: object, nowMs: number): SplitQuery {
  const { service, by: label, calls, ...rest } = read(SPLIT, parameters);
  return { filter: filterOf(rest, nowMs), service, label, calls };
}

export function readFlowsQuery(parameters: object, nowMs: number): FlowsQuery {
  const { sort, size, after, ...rest } = read(FLOWS, parameters);
  return { filter: filterOf(rest, nowMs), sort, size, after };
}

export function readFlowQuery(
  parameters: object,
  nowMs: number,
): { readonly id: string; readonly filter: FlowFilter } {
  const { id, ...rest } = read(FLOW, parameters);
  return { id, filter: filterOf(rest, nowMs) };
}

export function readTimeQuery(parameters: object, nowMs: number): FlowFilter {
  return filterOf(read(TIME, parameters), nowMs);
}

function read<Schema extends z.ZodMiniType>(schema: Schema, parameters: object): z.output<Schema> {
  const result = schema.safeParse(parameters);
  if (result.success) return result.data;
  const complaints = result.error.issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') return `${issue.keys.join(', ')} is no parameter here`;
    const [name] = issue.path;
    return `${String(name)} must be ${Object.hasOwn(parameters, name) ? issue.message : 'given'}`;
  });
  throw new Refusal(400, 'bad_parameter', `${complaints.join('; ')}.`);
}

function filterOf({ last, from, to, ...rest }: FilterParameters, nowMs: number): FlowFilter {
  if (last !== undefined && (from !== undefined || to !== undefined)) {
    throw new Refusal(400, 'bad_parameter', 'last must not be given together with from or to.');
  }
  if (from !== undefined && to !== undefined && from >= to) {
    throw new Refusal(400, 'bad_parameter', 'from must be before to.');
  }
  if (from !== undefined || to !== undefined) return { ...rest, fromMs: from, toMs: to };
  const spanMs = last ?? DEFAULT_SPAN_MS;
  return { ...rest, fromMs: spanMs === Number.POSITIVE_INFINITY ? undefined : nowMs - spanMs };
}

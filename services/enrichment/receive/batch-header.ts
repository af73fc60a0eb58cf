import * as z from 'zod/mini';
import type { FlowBatchHeader } from '../../core/flow-batch.ts';
import { FLOW_BATCH_KEY } from '../../core/flow-batch.ts';
import { parseIp } from '../../core/ip-address.ts';
import { Refusal } from './refusal.ts';

/** As Kubernetes allows, and more than a host's name has. */
const MAX_NAME_LENGTH = 253;
const MAX_MESSAGE_LENGTH = 2000;
const MAX_COUNTERS = 512;
const COUNTER_NAME = /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*){0,5}$/;

const name = z
  .string('text')
  .check(
    z.minLength(1, 'some text'),
    z.maxLength(MAX_NAME_LENGTH, `text of at most ${MAX_NAME_LENGTH} characters`),
  );
const message = z
  .string('text')
  .check(z.maxLength(MAX_MESSAGE_LENGTH, `text of at most ${MAX_MESSAGE_LENGTH} characters`));
const count = z
  .number('a whole number from 0')
  .check(z.refine((value) => Number.isSafeInteger(value) && value >= 0, 'a whole number from 0'));
const ordinal = count.check(z.gte(1, 'a whole number from 1'));
const truth = z.boolean('true or false');
/** Beyond the year 9999 a date cannot be written as Elasticsearch reads it. */
const milliseconds = count.check(z.lt(253_402_300_800_000, 'milliseconds since 1970'));
const address = z
  .string('an IP address')
  .check(z.refine((text) => parseIp(text) !== undefined, 'an IP address'));

const counters = z.pipe(
  z.unknown(),
  z.transform((value, context): Readonly<Record<string, number>> => {
    const complain = (message: string, path: string[] = [], input: unknown = undefined): never => {
      context.issues.push({ code: 'custom', message, input, path });
      return z.NEVER;
    };
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return complain('an object of numbers', [], value);
    const entries = Object.entries(value);
    if (entries.length > MAX_COUNTERS) return complain(`at most ${MAX_COUNTERS} counters`);
    for (const [name, number] of entries) {
      if (!COUNTER_NAME.test(name))
        return complain('counted under names such as capture.kernel_drops', [], name);
      if (typeof number !== 'number' || !(number >= 0)) return complain('a number from 0', [name], number);
    }
    return Object.fromEntries(entries);
  }),
);

const HEADER = z.object(
  {
    version: z.literal(1, '1, the only version there is'),
    probe: z.object(
      {
        id: name,
        version: name,
        startedMs: milliseconds,
        host: name,
        pod: z.optional(
          z.object(
            {
              namespace: name,
              name,
              uid: name,
              node: name,
              ips: z.array(address, 'a list of IP addresses').check(z.maxLength(16, 'at most 16 addresses')),
            },
            'an object',
          ),
        ),
      },
      'an object',
    ),
    sequence: ordinal,
    events: count,
    createdMs: milliseconds,
    heartbeat: truth,
    final: truth,
    error: z.optional(z.object({ code: name, message }, 'an object')),
    counters,
  },
  'an object',
);

/** True for the object of a header line. */
export function isHeaderLine(value: unknown): value is Readonly<Record<typeof FLOW_BATCH_KEY, unknown>> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, FLOW_BATCH_KEY);
}

/** The header in its line. Fields it does not know are left out. Throws a Refusal that names every wrong field. */
export function readHeader(
  line: Readonly<Record<typeof FLOW_BATCH_KEY, unknown>>,
  number: number,
): FlowBatchHeader {
  const result = HEADER.safeParse(line[FLOW_BATCH_KEY], { reportInput: true });
  if (result.success) {
    const { probe, error } = result.data;
    return { ...result.data, error, probe: { ...probe, pod: probe.pod } };
  }
  const complaints = result.error.issues.map(({ path, message, input }) => {
    const field = [FLOW_BATCH_KEY, ...path].join('.');
    return `${field} must be ${message}${input === undefined ? '' : `, not ${shorten(input)}`}`;
  });
  throw new Refusal('bad_header', `line ${number}: ${complaints.slice(0, 10).join('; ')}`);
}

/** A value as JSON, for a message. */
export function shorten(value: unknown): string {
  const text = textOf(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function textOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    // What can be read cannot always be written: too many objects inside each other.
    return 'a value in too many others';
  }
}

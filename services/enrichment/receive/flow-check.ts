import { isIPv4 } from 'node:net';
import { parseIpv6 } from '../../core/ip-address.ts';
import type { EcsFlow } from '../document/ecs-flow.ts';
import { shorten } from './batch-header.ts';
import { expandDottedNames } from './dotted-names.ts';

/** What is wrong with an event. */
export interface FieldComplaint {
  /** Empty where it is the whole line. */
  readonly field: string;
  readonly message: string;
}

type Fields = Record<string, unknown>;

const TIME =
  /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)$/;
const MAX_PORT = 65_535;
/** Elasticsearch takes ids of up to 512 bytes; ours is a hash, but this one is a keyword too. */
const MAX_ID_LENGTH = 1024;

/** Fields below which others are, and that enrichment reads or writes. */
const OBJECTS = ['event', 'flow', 'network', 'host', 'observer', 'related', 'flowtap'];

/**
 * Checks what enrichment relies on in an event, and puts it into the one form that it reads: names with dots become
 * objects, a single value a list where there may be several, nulls go. The first thing that is wrong, or undefined.
 */
export function checkFlow(value: unknown): FieldComplaint | undefined {
  if (!isObject(value)) return wrong('', 'an event must be a JSON object', value);
  const dotted = value.source === undefined ? expandDottedNames(value) : undefined;
  return (
    dotted ??
    checkTimestamp(value) ??
    checkEnd(value, 'source') ??
    checkEnd(value, 'destination') ??
    checkObjects(value) ??
    checkEvent(value.event as Fields | undefined) ??
    checkNetwork(value.network as Fields | undefined) ??
    checkRelated(value.related as Fields | undefined)
  );
}

/** The event after `checkFlow` found nothing wrong. */
export function asFlow(value: unknown): EcsFlow {
  return value as EcsFlow;
}

function checkTimestamp(flow: Fields): FieldComplaint | undefined {
  const value = flow['@timestamp'];
  if (typeof value === 'number' && Number.isSafeInteger(value) && Math.abs(value) < 8e15) {
    flow['@timestamp'] = new Date(value).toISOString();
    return undefined;
  }
  return isTime(value) ? undefined : wrong('@timestamp', `must be ${A_TIME}`, value);
}

function checkEnd(flow: Fields, name: 'source' | 'destination'): FieldComplaint | undefined {
  const end = flow[name];
  if (!isObject(end)) return wrong(name, `must be an object with the address in ${name}.ip`, end);
  const { ip } = end;
  if (typeof ip !== 'string') return wrong(`${name}.ip`, 'must be an IP address', ip);
  if (!isIPv4(ip) && (!ip.includes(':') || parseIpv6(ip) === undefined)) {
    return wrong(`${name}.ip`, 'must be an IP address', ip);
  }
  return (
    checkCount(end, name, 'port', MAX_PORT) ??
    checkCount(end, name, 'bytes', Number.MAX_SAFE_INTEGER) ??
    checkCount(end, name, 'packets', Number.MAX_SAFE_INTEGER)
  );
}

function checkObjects(flow: Fields): FieldComplaint | undefined {
  for (const name of OBJECTS) {
    const value = flow[name];
    if (value === undefined || isObject(value)) continue;
    if (value !== null) return wrong(name, 'must be an object', value);
    delete flow[name];
  }
  return undefined;
}

function checkEvent(event: Fields | undefined): FieldComplaint | undefined {
  if (event === undefined) return undefined;
  return (
    checkText(event, 'event', 'id', MAX_ID_LENGTH) ??
    checkTime(event, 'start') ??
    checkTime(event, 'end') ??
    checkList(event, 'event', 'type')
  );
}

function checkNetwork(network: Fields | undefined): FieldComplaint | undefined {
  if (network === undefined) return undefined;
  if (typeof network.iana_number === 'number') network.iana_number = String(network.iana_number);
  return (
    checkText(network, 'network', 'transport') ??
    checkText(network, 'network', 'iana_number') ??
    checkText(network, 'network', 'direction') ??
    checkText(network, 'network', 'community_id') ??
    checkCount(network, 'network', 'bytes', Number.MAX_SAFE_INTEGER) ??
    checkCount(network, 'network', 'packets', Number.MAX_SAFE_INTEGER)
  );
}

function checkRelated(related: Fields | undefined): FieldComplaint | undefined {
  if (related === undefined) return undefined;
  return checkList(related, 'related', 'ip') ?? checkList(related, 'related', 'hosts');
}

function checkCount(parent: Fields, path: string, name: string, max: number): FieldComplaint | undefined {
  const value = parent[name];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && value >= 0 && value <= max && Number.isInteger(value)) return undefined;
  if (value !== null) return wrong(`${path}.${name}`, `must be a whole number from 0 to ${max}`, value);
  delete parent[name];
  return undefined;
}

function checkText(parent: Fields, path: string, name: string, max = 256): FieldComplaint | undefined {
  const value = parent[name];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value !== '' && value.length <= max) return undefined;
  if (value !== null) return wrong(`${path}.${name}`, `must be text of 1 to ${max} characters`, value);
  delete parent[name];
  return undefined;
}

function checkTime(event: Fields, name: string): FieldComplaint | undefined {
  const value = event[name];
  if (value === undefined || isTime(value)) return undefined;
  if (value !== null) return wrong(`event.${name}`, `must be ${A_TIME}`, value);
  delete event[name];
  return undefined;
}

function checkList(parent: Fields, path: string, name: string): FieldComplaint | undefined {
  const value = parent[name];
  if (value === undefined) return undefined;
  if (typeof value === 'string') {
    parent[name] = [value];
    return undefined;
  }
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return undefined;
  if (value !== null) return wrong(`${path}.${name}`, 'must be text, or a list of texts', value);
  delete parent[name];
  return undefined;
}

const A_TIME = 'a time such as 2026-01-15T10:03:10.000Z';

function isTime(value: unknown): boolean {
  return typeof value === 'string' && TIME.test(value);
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(field: string, expected: string, value: unknown): FieldComplaint {
  const subject = field === '' ? expected : `${field} ${expected}`;
  return {
    field,
    message: value === undefined ? `${subject}; it is missing` : `${subject}, not ${shorten(value)}`,
  };
}

import { isIP, isIPv6 } from 'node:net';
import * as z from 'zod/mini';
import { reader } from '../../runtime/config-values.ts';
import type { End, FlowCursor, ServiceName } from '../flow-source.ts';

// Readers of the API's parameters; each message continues "<name> must be ".

/** Names of Kubernetes are shorter, those of other senders may have more characters. */
const MAX_NAME = 253;
const MAX_TIME_MS = Date.UTC(9999, 0);

export const name = reader(`a name of at most ${MAX_NAME} characters`, (word) =>
  word !== '' && word.length <= MAX_NAME ? word : undefined,
);

/** Milliseconds since 1970, or a time such as 2026-01-15T10:00:00Z. */
export const time = reader('a time such as 2026-01-15T10:00:00Z', (word) => {
  const ms = /^\d{1,15}$/.test(word) ? Number(word) : Date.parse(word);
  return ms >= 0 && ms <= MAX_TIME_MS ? ms : undefined;
});

const UNITS_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** How far back: `15m`, or `all`. */
export const timeSpan = reader('a time such as 15m, 6h or 7d, or all', (word) => {
  if (word === 'all') return Number.POSITIVE_INFINITY;
  const [, count, unit] = /^([1-9]\d{0,4})([smhd])$/.exec(word) ?? [];
  return count === undefined ? undefined : Number(count) * UNITS_MS[unit as keyof typeof UNITS_MS];
});

export const serviceName = reader(
  'a namespace and a service such as shop/cart',
  (word): ServiceName | undefined => {
    const [, namespace, service] = /^([^/]{1,253})\/([^/]{1,253})$/.exec(word) ?? [];
    return namespace === undefined ? undefined : { namespace, name: service };
  },
);

/** The key of a label as Kubernetes takes it: in a query it becomes a part of a field's name. */
const LABEL_KEY = /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?$/;

export const labelKey = reader('the name of a label such as app.kubernetes.io/version', (word) =>
  LABEL_KEY.test(word) ? word : undefined,
);

export const label = reader('a label such as app=web', (word) => {
  const [, key, value] = /^([^=]+)=(.{0,1024})$/s.exec(word) ?? [];
  return key !== undefined && LABEL_KEY.test(key) ? { key, value } : undefined;
});

export const address = reader('an address such as 10.0.0.1 or a range such as 10.0.0.0/8', (word) => {
  const [, ip, prefix] = /^([\da-fA-F:.]{2,45})(?:\/(\d{1,3}))?$/.exec(word) ?? [];
  if (ip === undefined || isIP(ip) === 0) return undefined;
  return prefix === undefined || Number(prefix) <= (isIPv6(ip) ? 128 : 32) ? word : undefined;
});

const END_KINDS = [
  'namespace',
  'service',
  'workload',
  'pod',
  'node',
  'address',
  'outside',
  'unknown',
] as const;
const NAMESPACED: readonly string[] = ['service', 'workload', 'pod'];

/** An end as `service:shop/cart`, `node:node-a`, `outside`. */
export const end = reader(
  'an end such as service:shop/cart, address:10.0.0.1 or outside',
  (word): End | undefined => {
    const [, kindText, rest = ''] = /^([a-z]+)(?::(.{1,510}))?$/s.exec(word) ?? [];
    const kind = END_KINDS.find((candidate) => candidate === kindText);
    if (kind === undefined) return undefined;
    if (kind === 'outside' || kind === 'unknown') return rest === '' ? { kind, name: kind } : undefined;
    if (kind === 'address') return address.safeParse(rest).success ? { kind, name: rest } : undefined;
    const [, namespace, ownName] = (NAMESPACED.includes(kind) && /^([^/]+)\/(.+)$/s.exec(rest)) || [];
    if (namespace !== undefined) return { kind, namespace, name: ownName };
    return rest === '' ? undefined : { kind, name: rest };
  },
);

const CURSOR = z
  .array(z.union([z.string().check(z.maxLength(2000)), z.number()]))
  .check(z.minLength(3), z.maxLength(4));

/** `next` of the page before, as `writeCursor` makes it. */
export const cursor = reader('the next of an answer', (word): FlowCursor | undefined => {
  try {
    return CURSOR.parse(JSON.parse(Buffer.from(word, 'base64url').toString()));
  } catch {
    return undefined;
  }
});

export function writeCursor(value: FlowCursor): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

import type { Endpoint } from './endpoint.ts';

/** Name of a Kubernetes service, with the port that was called. */
export interface TranslatedService {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

/** How a translation is known: read from the kernel's connection table, or concluded from the server's own record. */
export type TranslationEvidence = 'conntrack' | 'inferred';

/**
 * What a flow that was seen on one side of an address translation really is: who sent it and who answered. The
 * observed tuple is the key (its Community ID); a connection through a ClusterIP has one under the tuple of the
 * client's side, and another one under the tuple of the server's side where the source was translated too.
 */
export interface NatTranslation {
  /** Community ID of the real tuple. */
  readonly communityId: string;
  /** The tuple under whose Community ID this is kept, in the direction in which the connection was opened. */
  readonly observed: { readonly source: Endpoint; readonly destination: Endpoint };
  /** The end that opened the connection, and the one that answered. */
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** The service that was called, where it is known. */
  readonly service: TranslatedService | undefined;
  readonly evidence: TranslationEvidence;
  /** When it was written, in milliseconds since 1970. */
  readonly atMs: number;
}

const KEY_PREFIX = 'flowtap:nat:';

/** The cache key of a translation: `flowtap:nat:1:…`. */
export function natTranslationKey(observedCommunityId: string): string {
  return KEY_PREFIX + observedCommunityId;
}

/** As JSON text in ASCII, of about 300 bytes. */
export function encodeNatTranslation(translation: NatTranslation): string {
  const { communityId, observed, source, destination, service, evidence, atMs } = translation;
  return JSON.stringify({
    v: 1,
    id: communityId,
    from: [observed.source.ip, observed.source.port, observed.destination.ip, observed.destination.port],
    to: [source.ip, source.port, destination.ip, destination.port],
    svc: service && [service.namespace, service.name, service.port],
    by: evidence,
    at: atMs,
  });
}

/** The translation in a text, or undefined where it is none of this version: whoever reads then does without. */
export function decodeNatTranslation(text: string): NatTranslation | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || value.v !== 1) return undefined;
  const { id, from, to, svc, by, at } = value;
  const observed = toTuple(from);
  const real = toTuple(to);
  if (typeof id !== 'string' || typeof at !== 'number' || observed === undefined || real === undefined) {
    return undefined;
  }
  if (by !== 'conntrack' && by !== 'inferred') return undefined;
  return { communityId: id, observed, ...real, service: toService(svc), evidence: by, atMs: at };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function toTuple(value: unknown): { readonly source: Endpoint; readonly destination: Endpoint } | undefined {
  if (!Array.isArray(value) || value.length !== 4) return undefined;
  const [sourceIp, sourcePort, ip, port] = value as unknown[];
  if (typeof sourceIp !== 'string' || typeof ip !== 'string') return undefined;
  if (typeof sourcePort !== 'number' || typeof port !== 'number') return undefined;
  return { source: { ip: sourceIp, port: sourcePort }, destination: { ip, port } };
}

function toService(value: unknown): TranslatedService | undefined {
  if (!Array.isArray(value)) return undefined;
  const [namespace, name, port] = value as unknown[];
  if (typeof namespace !== 'string' || typeof name !== 'string' || typeof port !== 'number') return undefined;
  return { namespace, name, port };
}

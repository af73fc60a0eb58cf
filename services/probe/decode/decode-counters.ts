/** Why a frame is not in a flow, or was decoded only in part. Each is counted and reported by its name. */
export const DECODE_CAUSES = [
  'unsupported_link_type',
  'link_header_truncated',
  'not_ip',
  'ip_header_truncated',
  'ip_version_invalid',
  'ip_header_length_invalid',
  'ip_length_invalid',
  'ip_length_missing',
  'ip_extension_truncated',
  'transport_header_truncated',
  'transport_header_invalid',
  'fragments',
  'fragment_without_first',
  'fragment_table_evicted',
  'tunnel_header_truncated',
  'tunnel_too_deep',
  'offload_unresolved',
] as const;

export type DecodeCause = (typeof DECODE_CAUSES)[number];

/** Frames that reached no flow; the other causes only note something about a frame that did. */
export const UNDECODED_CAUSES: readonly DecodeCause[] = [
  'unsupported_link_type',
  'link_header_truncated',
  'not_ip',
  'ip_header_truncated',
  'ip_version_invalid',
  'ip_header_length_invalid',
  'ip_length_invalid',
];

const indexOf = (cause: DecodeCause): number => DECODE_CAUSES.indexOf(cause);

export const UNSUPPORTED_LINK_TYPE = indexOf('unsupported_link_type');
export const LINK_HEADER_TRUNCATED = indexOf('link_header_truncated');
export const NOT_IP = indexOf('not_ip');
export const IP_HEADER_TRUNCATED = indexOf('ip_header_truncated');
export const IP_VERSION_INVALID = indexOf('ip_version_invalid');
export const IP_HEADER_LENGTH_INVALID = indexOf('ip_header_length_invalid');
export const IP_LENGTH_INVALID = indexOf('ip_length_invalid');
export const IP_LENGTH_MISSING = indexOf('ip_length_missing');
export const IP_EXTENSION_TRUNCATED = indexOf('ip_extension_truncated');
export const TRANSPORT_HEADER_TRUNCATED = indexOf('transport_header_truncated');
export const TRANSPORT_HEADER_INVALID = indexOf('transport_header_invalid');
export const FRAGMENTS = indexOf('fragments');
export const FRAGMENT_WITHOUT_FIRST = indexOf('fragment_without_first');
export const FRAGMENT_TABLE_EVICTED = indexOf('fragment_table_evicted');
export const TUNNEL_HEADER_TRUNCATED = indexOf('tunnel_header_truncated');
export const TUNNEL_TOO_DEEP = indexOf('tunnel_too_deep');
export const OFFLOAD_UNRESOLVED = indexOf('offload_unresolved');

/** One number a cause, in the order of `DECODE_CAUSES`. */
export type DecodeCounters = Float64Array;

export function createDecodeCounters(): DecodeCounters {
  return new Float64Array(DECODE_CAUSES.length);
}

/** The counters by name, without those that are zero. */
export function decodeCounts(counters: DecodeCounters): Readonly<Partial<Record<DecodeCause, number>>> {
  const counts: Partial<Record<DecodeCause, number>> = {};
  for (const [index, cause] of DECODE_CAUSES.entries()) {
    if (counters[index] > 0) counts[cause] = counters[index];
  }
  return counts;
}

import { formatIp, parseIp } from '../../core/ip-address.ts';
import type { RememberedIdentities } from '../identify/identity-spans.ts';
import { RecentMap } from '../recent-map.ts';

/**
 * An address that is one, as everything in enrichment names it, with what is remembered of it: large tables are slow to
 * search, and this way there is one of them.
 */
export interface Address {
  /** Dotted decimal, or RFC 5952. An IPv4 address in IPv6 clothes (`::ffff:192.0.2.1`) is the IPv4 address. */
  readonly text: string;
  readonly bytes: Uint8Array;
  /** `special` is what no host of its own has: multicast, broadcast, loopback, unspecified. */
  readonly scope: 'public' | 'private' | 'special';
  /** Who has had it; services/enrichment/identify. */
  identities: RememberedIdentities | undefined;
  /** Number of the notification that told of a change. */
  changedAt: number;
  /** Where it is; services/enrichment/locate. */
  place: { readonly generation: number; readonly members: string } | undefined;
}

/** Addresses from `bytes`, for `bits` bits. */
export interface AddressRange {
  readonly bytes: Uint8Array;
  readonly bits: number;
}

/** A range such as `10.0.0.0/8`; undefined where the text is none. */
export function parseRange(text: string): AddressRange | undefined {
  const [ip, length, rest] = text.split('/');
  const bytes = parseIp(ip);
  if (bytes === undefined || rest !== undefined) return undefined;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const bits = length === undefined ? bytes.length * 8 : Number(length);
  return bits <= bytes.length * 8 ? { bytes, bits } : undefined;
}

export function isInRange(bytes: Uint8Array, range: AddressRange): boolean {
  if (bytes.length !== range.bytes.length) return false;
  const whole = range.bits >>> 3;
  for (let i = 0; i < whole; i++) if (bytes[i] !== range.bytes[i]) return false;
  const rest = range.bits & 7;
  return rest === 0 || ((bytes[whole] ^ range.bytes[whole]) & (0xff00 >>> rest) & 0xff) === 0;
}

const ranges = (...texts: string[]): readonly AddressRange[] => texts.map((text) => parseRange(text)!);

// IANA "IPv4 and IPv6 Special-Purpose Address Registry".
const PRIVATE = ranges(
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16'],
  ...['fc00::/7', 'fe80::/10', 'fec0::/10'],
);
const SPECIAL = ranges(
  ...['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/4', '240.0.0.0/4', '::/128', '::1/128', 'ff00::/8'],
);

/** Reads addresses, and remembers those it has read. */
export class AddressBook {
  readonly #known: RecentMap<Address>;
  readonly #private: readonly AddressRange[];

  /** @param internal ranges that count as private beside those that are */
  constructor(capacity: number, internal: readonly AddressRange[] = []) {
    this.#known = new RecentMap(capacity);
    this.#private = [...PRIVATE, ...internal];
  }

  /** Addresses that are remembered. */
  get size(): number {
    return this.#known.size;
  }

  /** As `read`, where it is remembered. */
  peek(text: string): Address | undefined {
    return this.#known.get(text) ?? this.#known.get(canonicalText(text) ?? text);
  }

  /** Undefined where the text is no address. A zone (`fe80::1%eth0`) is left out. */
  read(text: string): Address | undefined {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const address = this.#parse(text);
    if (address === undefined) return undefined;
    // Not `text` where it is the same: it may be a piece of a line, and would keep all of it.
    this.#known.set(address.text === text ? address.text : text, address);
    return address;
  }

  #parse(text: string): Address | undefined {
    const bytes = bytesOf(text);
    if (bytes === undefined) return undefined;
    const canonical = formatIp(bytes) ?? text;
    if (canonical !== text) return this.read(canonical);
    const scope = this.#scopeOf(bytes);
    return { text: canonical, bytes, scope, identities: undefined, changedAt: 0, place: undefined };
  }

  #scopeOf(bytes: Uint8Array): Address['scope'] {
    if (this.#private.some((range) => isInRange(bytes, range))) return 'private';
    return SPECIAL.some((range) => isInRange(bytes, range)) ? 'special' : 'public';
  }
}

function bytesOf(text: string): Uint8Array | undefined {
  const zone = text.indexOf('%');
  const parsed = parseIp(zone < 0 ? text : text.slice(0, zone));
  return parsed !== undefined && isMapped(parsed) ? parsed.slice(12) : parsed;
}

function canonicalText(text: string): string | undefined {
  const bytes = bytesOf(text);
  return bytes && formatIp(bytes);
}

/** RFC 4291, section 2.5.5.2. */
function isMapped(bytes: Uint8Array): boolean {
  if (bytes.length !== 16 || bytes[10] !== 0xff || bytes[11] !== 0xff) return false;
  for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
  return true;
}

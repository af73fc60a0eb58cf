import { ICMP, ICMPV6, SCTP, TCP, transportName, UDP } from '../core/protocol.ts';
import type { ConntrackEntry } from './conntrack/conntrack-entry.ts';

export interface ConnectionKind {
  readonly family: 'ipv4' | 'ipv6';
  readonly protocol: string;
}

const OTHER = 'other';

/** What is told apart. */
export const CONNECTION_KINDS: readonly ConnectionKind[] = (['ipv4', 'ipv6'] as const).flatMap((family) =>
  [TCP, UDP, SCTP, family === 'ipv4' ? ICMP : ICMPV6]
    .map(transportName)
    .concat(OTHER)
    .map((protocol) => ({ family, protocol })),
);

/** Translated connections by family and protocol. */
export class ConnectionTally {
  readonly #counts = new Map<string, number>(CONNECTION_KINDS.map((kind) => [keyOf(kind), 0]));

  count(kind: ConnectionKind): number {
    return this.#counts.get(keyOf(kind)) ?? 0;
  }

  add({ original }: ConntrackEntry, by: 1 | -1): void {
    const family = original.addressBytes === 16 ? 'ipv6' : 'ipv4';
    const named = keyOf({ family, protocol: transportName(original.protocol) });
    const key = this.#counts.has(named) ? named : keyOf({ family, protocol: OTHER });
    // Below 0 would be the ends of connections whose beginnings were lost.
    this.#counts.set(key, Math.max(0, (this.#counts.get(key) ?? 0) + by));
  }

  replaceWith(other: ConnectionTally): void {
    for (const [key, count] of other.#counts) this.#counts.set(key, count);
  }
}

function keyOf({ family, protocol }: ConnectionKind): string {
  return `${family} ${protocol}`;
}

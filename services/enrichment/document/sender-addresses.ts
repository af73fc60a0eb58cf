import type { AddressBook } from '../locate/address.ts';
import type { Sender } from './sender.ts';

/** A sender's addresses, in canonical text. */
export interface SenderAddresses {
  /** What it says. */
  readonly claimed: ReadonlySet<string>;
  /** Those among them that need no other witness. */
  readonly proven: ReadonlySet<string>;
}

export function senderAddresses({ ips, provenIps }: Sender, book: AddressBook): SenderAddresses {
  const claimed = canonical(ips, book);
  return {
    claimed,
    proven: provenIps === undefined ? claimed : claimed.intersection(canonical(provenIps, book)),
  };
}

function canonical(ips: readonly string[] = [], book: AddressBook): Set<string> {
  return new Set(ips.flatMap((ip) => book.read(ip)?.text ?? []));
}

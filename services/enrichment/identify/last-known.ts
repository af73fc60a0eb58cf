import type { Address } from '../locate/address.ts';
import type { DescribedIdentity } from './described-identity.ts';

/** Who had the address last, of all that was ever heard: no name for a record, but better than nothing where one is missing. */
export function lastKnown(address: Address | undefined): DescribedIdentity | undefined {
  return address?.identities?.spans.at(-1)?.value;
}

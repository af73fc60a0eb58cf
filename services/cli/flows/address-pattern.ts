import type * as z from 'zod/mini';
import { address } from '../../console/server/parameter.ts';
import { reader } from '../../runtime/config-values.ts';

/** An address or a range that is asked for, or, excluded, everything else. */
export interface AddressPattern {
  readonly isExcluded: boolean;
  /** `10.0.0.1`, `10.0.0.0/8`, `fd00::/8` */
  readonly within: string;
}

/** Reads `10.0.0.1`, `10.0.0.0/8`, `!fd00::/8`. */
export function addressPattern(): z.ZodMiniType<AddressPattern, string> {
  const wanted =
    'an address such as 10.0.0.1 or a range such as 10.0.0.0/8, with ! before what is not wanted';
  return reader(wanted, (word) => {
    const isExcluded = word.startsWith('!');
    const within = isExcluded ? word.slice(1) : word;
    return address.safeParse(within).success ? { isExcluded, within } : undefined;
  });
}

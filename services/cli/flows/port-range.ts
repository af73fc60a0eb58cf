import type * as z from 'zod/mini';
import { reader } from '../../runtime/config-values.ts';

/** Ports from the first to the last, both included; or, excluded, all others. */
export interface PortRange {
  readonly isExcluded: boolean;
  readonly first: number;
  readonly last: number;
}

const MAX_PORT = 65_535;

/** Reads `443`, `8000-8100`, `!53`. */
export function portRange(): z.ZodMiniType<PortRange, string> {
  return reader(
    'a port such as 443 or a range such as 8000-8100, with ! before what is not wanted',
    (word) => {
      const [, not, from, to = from] = /^(!?)(\d{1,5})(?:-(\d{1,5}))?$/.exec(word) ?? [];
      const [first, last] = [Number(from), Number(to)];
      return first <= last && last <= MAX_PORT ? { isExcluded: not === '!', first, last } : undefined;
    },
  );
}

import type * as z from 'zod/mini';
import { reader } from '../config-values.ts';

/** Where a memcached is. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

const DEFAULT_PORT = 11_211;

/** `cache`, `cache:11211`, `10.0.0.1:11211` or `[fd00::1]:11211`. */
export function serverAddress(): z.ZodMiniType<ServerAddress, string> {
  return reader('addresses such as cache:11211 or [fd00::1]:11211', (word) => {
    const [, inBrackets, plain, digits] =
      /^(?:\[([\da-f:.]+)\]|([^[\]:\s]+))(?::(\d{1,5}))?$/i.exec(word) ?? [];
    const host = inBrackets ?? plain;
    const port = digits === undefined ? DEFAULT_PORT : Number(digits);
    return host !== undefined && port > 0 && port < 65_536 ? { host, port } : undefined;
  });
}

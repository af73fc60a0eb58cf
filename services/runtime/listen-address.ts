import type * as z from 'zod/mini';
import { reader } from './config-values.ts';

/** Where a server listens; without a host on all addresses of both families. Port 0 is any free one. */
export interface ListenAddress {
  readonly host: string | undefined;
  readonly port: number;
}

/** `8080`, `:8080`, `127.0.0.1:8080`, `[::1]:8080` or `localhost:8080`. */
export function listenAddress(): z.ZodMiniType<ListenAddress, string> {
  return reader('an address such as :8080, 127.0.0.1:8080 or [::1]:8080', (word) => {
    const [, inBrackets, plain, digits] =
      /^(?:(?:\[([\da-f:.%\w]+)\]|([^[\]:]*)):)?(\d{1,5})$/i.exec(word) ?? [];
    const port = Number(digits);
    if (!(port < 65_536)) return undefined;
    return { host: inBrackets ?? (plain || undefined), port };
  });
}

/** As a URL has it: `127.0.0.1:8080`, `[::1]:8080`. */
export function formatAddress({ host, port }: ListenAddress): string {
  const name = host ?? '';
  return name.includes(':') ? `[${name}]:${port}` : `${name}:${port}`;
}

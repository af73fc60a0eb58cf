import type { ConfigTable } from './config.ts';

/**
 * Kubernetes gives every container variables for each service of its namespace, and a service may be called
 * flowtap or flowtap-…: FLOWTAP_SERVICE_HOST, FLOWTAP_PORT, FLOWTAP_WEBHOOK_PORT_443_TCP_ADDR
 * (kubernetes.io/docs/concepts/services-networking/service/#environment-variables). They are not settings.
 */
const SERVICE_LINK =
  /_SERVICE_(?:HOST|PORT(?:_\w+)?)$|_PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?$/;

/** True for a name that Kubernetes itself may set for a service called flowtap-something. */
export function isServiceLink(name: string): boolean {
  return SERVICE_LINK.test(name);
}

/** The FLOWTAP_ variables that no table knows: most likely misspelt, so say so. */
export function unknownVariables(
  tables: readonly ConfigTable[],
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const known = new Set<string>(
    tables.flatMap((table) => Object.values(table).map((setting) => setting.env)),
  );
  return Object.keys(env).filter(
    (name) => name.startsWith('FLOWTAP_') && !known.has(name) && !isServiceLink(name),
  );
}

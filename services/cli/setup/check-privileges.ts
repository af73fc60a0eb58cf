import type { Client } from '@elastic/elasticsearch';
import {
  elasticsearchFailure,
  isUnknownEndpoint,
} from '../../runtime/elasticsearch/elasticsearch-failure.ts';
import { FlowtapError } from '../../runtime/errors.ts';
import type { Role } from './template-set.ts';

interface Privileges {
  readonly has_all_requested: boolean;
  readonly username: string;
  readonly cluster: Readonly<Record<string, boolean>>;
  readonly index: Readonly<Record<string, Readonly<Record<string, boolean>>>>;
}

/** Throws a FlowtapError ELASTICSEARCH_REFUSED that names each privilege of the role that is missing. */
export async function checkPrivileges(client: Client, role: Role, roleName: string): Promise<void> {
  let held: Privileges;
  try {
    held = await client.transport.request<Privileges>({
      method: 'POST',
      path: '/_security/user/_has_privileges',
      body: { cluster: role.cluster, index: role.indices },
    });
  } catch (error) {
    // Without security everybody may do everything.
    if (isUnknownEndpoint(error) || isSecurityOff(error)) return;
    throw elasticsearchFailure(error, 'ask for the privileges');
  }
  if (held.has_all_requested) return;
  const missing = [
    ...lacking(held.cluster).map((privilege) => `the cluster privilege ${privilege}`),
    ...Object.entries(held.index).flatMap(([name, privileges]) =>
      lacking(privileges).map((privilege) => `${privilege} on ${name}`),
    ),
  ];
  throw new FlowtapError(
    'ELASTICSEARCH_REFUSED',
    'setup',
    `${held.username} lacks ${missing.join(', ')}. Give it the role ${roleName}, which \`flowtap setup elasticsearch --print-roles\` shows.`,
  );
}

function lacking(privileges: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(privileges).filter((privilege) => !privileges[privilege]);
}

/** The endpoint is there, but security is switched off. */
function isSecurityOff(thrown: unknown): boolean {
  return (
    thrown instanceof Error &&
    /security must be explicitly enabled|Security is not enabled/i.test(thrown.message)
  );
}

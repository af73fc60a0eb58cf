import { delimiter } from 'node:path';

/** Where `ip` lives, and where the search path of a root shell need not lead. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin'];

/** The environment of the demo's children: without flowtap's variables, which are meant for the user's own runs. */
export function childEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string | undefined>> {
  const kept = Object.entries(environment).filter(([name]) => !name.startsWith('FLOWTAP_'));
  const searchPath = environment.PATH ?? '/usr/bin:/bin';
  return { ...Object.fromEntries(kept), PATH: [searchPath, ...SYSTEM_FOLDERS].join(delimiter) };
}

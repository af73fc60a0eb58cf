import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where what tests fetch or build is kept between runs, outside the repository. As root it is a folder that every user
 * may enter: PostgreSQL and Elasticsearch do not run as root.
 */
export function cacheFolder(...path: readonly string[]): string {
  const fallback = process.geteuid?.() === 0 ? '/var/cache' : join(homedir(), '.cache');
  const base = process.env.XDG_CACHE_HOME || fallback;
  return join(base, 'flowtap', ...path);
}

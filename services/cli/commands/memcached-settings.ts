import { duration, list } from '../../runtime/config-values.ts';
import { serverAddress } from '../../runtime/memcached/server-address.ts';

/** How a service reaches the cache of address translations. */
export const MEMCACHED_SETTINGS = {
  memcached: {
    flag: '--memcached <addresses...>',
    env: 'FLOWTAP_MEMCACHED',
    parse: list(serverAddress()),
    doc: 'memcached servers that hold address translations, the same for resolver and enrichment, such as cache:11211',
  },
  memcachedTimeoutMs: {
    flag: '--memcached-timeout <duration>',
    env: 'FLOWTAP_MEMCACHED_TIMEOUT',
    parse: duration(10),
    default: '500ms',
    doc: 'how long a memcached server may be silent while something waits for it',
  },
} as const;

import type { TokenAuthority, TokenVerdict } from '../../services/enrichment/receive/authenticator.ts';

/** Says what a test wants of each token; of others that nobody knows them. */
export function tokenAuthority(verdicts: Readonly<Record<string, TokenVerdict>>): TokenAuthority {
  return {
    judge: (token) =>
      Promise.resolve(verdicts[token] ?? { kind: 'unknown', message: 'Nobody knows this token.' }),
  };
}

import type { X509Certificate } from 'node:crypto';
import type { KubernetesObject } from '../../runtime/kubernetes/kubernetes-object.ts';
import { certificateId, readCertificates, readKeyPair } from './certificates.ts';
import type { SecretData } from './secret-store.ts';
import { secretText } from './secret-store.ts';
import type { AuthorityFacts } from './tls-facts.ts';

/** An authority as it is kept. */
export interface StoredAuthority {
  readonly facts: AuthorityFacts;
  readonly certificate: X509Certificate;
  /** Of an authority that was only found published there is no key. */
  readonly keyPem?: string | undefined;
}

/** A row of the Secret's list. */
interface AuthorityRow {
  readonly certificate: string;
  readonly key?: string | undefined;
  readonly trustedSince?: string | undefined;
  readonly unusedSince?: string | undefined;
}

const LIST = 'authorities.json';
const BUNDLE = 'ca.crt';

/** The authorities of a Secret, newest first. What makes no sense in it is left out. */
export function readAuthorities(secret: KubernetesObject | undefined): readonly StoredAuthority[] {
  return parseRows(secretText(secret, LIST)).flatMap(({ certificate, key, trustedSince, unusedSince }) => {
    const times = { trustedSinceMs: msOf(trustedSince), unusedSinceMs: msOf(unusedSince) };
    return storedAuthority(String(certificate), key, times);
  });
}

/** The authority that a certificate, perhaps with its key, stands for; none where it is not one's. */
export function storedAuthority(
  certPem: string,
  keyPem: string | undefined,
  times: Pick<AuthorityFacts, 'trustedSinceMs' | 'unusedSinceMs'> = {},
): readonly StoredAuthority[] {
  const [certificate] = readCertificates(certPem);
  if (certificate === undefined || !certificate.ca) return [];
  const hasKey = keyPem !== undefined && readKeyPair({ certPem, keyPem }) !== undefined;
  const id = certificateId(certificate);
  const facts = { id, notAfterMs: certificate.validToDate.getTime(), hasKey, ...times };
  return [{ facts, certificate, ...(hasKey && { keyPem }) }];
}

/** What the Secret is to hold. Its `ca.crt` is for people, and for whoever trusts these authorities. */
export function authoritiesData(authorities: readonly StoredAuthority[]): SecretData {
  const rows = authorities.map(
    ({ certificate, keyPem, facts }): AuthorityRow => ({
      certificate: certificate.toString(),
      key: keyPem,
      trustedSince: textOf(facts.trustedSinceMs),
      unusedSince: textOf(facts.unusedSinceMs),
    }),
  );
  return { [BUNDLE]: bundleOf(authorities), [LIST]: JSON.stringify(rows) };
}

/** Their certificates, newest first, in PEM. */
export function bundleOf(authorities: readonly StoredAuthority[]): string {
  return authorities.map(({ certificate }) => certificate.toString()).join('');
}

function parseRows(text: string): readonly AuthorityRow[] {
  try {
    const rows = JSON.parse(text);
    return Array.isArray(rows) ? rows.filter((row) => typeof row === 'object' && row !== null) : [];
  } catch {
    return [];
  }
}

function msOf(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

function textOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

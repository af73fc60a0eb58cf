import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { KeyPair } from './x509-writer.ts';

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates in a PEM text, without what cannot be read. */
export function readCertificates(pem: string): readonly X509Certificate[] {
  return (pem.match(BLOCK) ?? []).flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}

/** What an authority is known by in our own notes: never shown to anybody who verifies. */
export function certificateId(certificate: X509Certificate): string {
  return certificate.fingerprint256;
}

/** The first certificate of a pair whose key fits. */
export function readKeyPair({ certPem, keyPem }: KeyPair): X509Certificate | undefined {
  const [certificate] = readCertificates(certPem);
  try {
    return certificate?.checkPrivateKey(createPrivateKey(keyPem)) ? certificate : undefined;
  } catch {
    return undefined;
  }
}

/** Which of the authorities has signed the certificate. */
export function findIssuer(
  certificate: X509Certificate,
  authorities: readonly X509Certificate[],
): X509Certificate | undefined {
  return authorities.find(
    (authority) => certificate.checkIssued(authority) && certificate.verify(authority.publicKey),
  );
}

/** Whether the certificate is for all these DNS names and addresses. */
export function coversNames(certificate: X509Certificate, names: readonly string[]): boolean {
  return names.every((name) =>
    isIP(name) === 0
      ? certificate.checkHost(name, { subject: 'never' }) !== undefined
      : certificate.checkIP(name) !== undefined,
  );
}

import { createHash, randomBytes, webcrypto } from 'node:crypto';
import * as asn1 from 'asn1js';
import {
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  Certificate,
  CryptoEngine,
  Extension,
  RelativeDistinguishedNames,
  Time,
  TimeType,
} from 'pkijs';

/** ECDSA on P-256: what every client of the cluster knows, with short signatures. */
const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const HASH = 'SHA-256';

const COMMON_NAME = '2.5.4.3';
const SUBJECT_KEY_IDENTIFIER = '2.5.29.14';
const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35';

/** RFC 5280, 4.1.2.5: UTCTime through 2049, then GeneralizedTime. */
const FIRST_YEAR_OF_GENERALIZED_TIME = 2050;

const SERIAL_BYTES = 16;

const engine = new CryptoEngine({ name: 'node', crypto: webcrypto });

/** A certificate and its private key (PKCS #8), in PEM. */
export interface KeyPair {
  readonly certPem: string;
  readonly keyPem: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Beside the key identifiers, which every certificate has. */
  readonly extensions: readonly Extension[];
  /** Who signs; without one the certificate signs itself. */
  readonly issuer?: KeyPair | undefined;
}

/** Makes a key, and a certificate for it. */
export async function writeCertificate(request: CertificateRequest): Promise<KeyPair> {
  const keys = await webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const issuer = request.issuer && Certificate.fromBER(derOf(request.issuer.certPem));
  const certificate = new Certificate();
  certificate.version = 2; // v3
  certificate.serialNumber = new asn1.Integer({ valueHex: randomSerial() });
  certificate.subject = distinguishedName(request.commonName);
  certificate.issuer = issuer?.subject ?? certificate.subject;
  certificate.notBefore = timeOf(request.notBeforeMs);
  certificate.notAfter = timeOf(request.notAfterMs);
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey, engine);
  const identifier = keyIdentifier(certificate);
  const issuerIdentifier = issuer === undefined ? identifier : keyIdentifier(issuer);
  certificate.extensions = [
    ...request.extensions,
    extension(SUBJECT_KEY_IDENTIFIER, identifier),
    extension(
      AUTHORITY_KEY_IDENTIFIER,
      new AuthorityKeyIdentifier({ keyIdentifier: issuerIdentifier }).toSchema(),
    ),
  ];
  const signer = request.issuer === undefined ? keys.privateKey : await importKey(request.issuer.keyPem);
  await certificate.sign(signer, HASH, engine);
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certPem: pemOf('CERTIFICATE', certificate.toSchema(true).toBER()),
    keyPem: pemOf('PRIVATE KEY', key),
  };
}

export function extension(extnID: string, value: asn1.BaseBlock, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: value.toBER() });
}

function importKey(keyPem: string): Promise<webcrypto.CryptoKey> {
  return webcrypto.subtle.importKey('pkcs8', derOf(keyPem), KEY, false, ['sign']);
}

/** RFC 5280, 4.2.1.2, method 1: the SHA-1 of the public key's bits. */
function keyIdentifier({ subjectPublicKeyInfo }: Certificate): asn1.OctetString {
  const { valueHexView } = subjectPublicKeyInfo.subjectPublicKey.valueBlock;
  return new asn1.OctetString({ valueHex: createHash('sha1').update(valueHexView).digest() });
}

/** 126 random bits; the first two make it positive and of this length. */
function randomSerial(): Uint8Array {
  const bytes = randomBytes(SERIAL_BYTES);
  bytes[0] = (bytes[0] & 0x7f) | 0x40;
  return bytes;
}

/** One attribute: pkijs would make several into one relative name, which readers show oddly. */
function distinguishedName(commonName: string): RelativeDistinguishedNames {
  const value = new asn1.Utf8String({ value: commonName });
  return new RelativeDistinguishedNames({
    typesAndValues: [new AttributeTypeAndValue({ type: COMMON_NAME, value })],
  });
}

function timeOf(ms: number): Time {
  // RFC 5280, 4.1.2.5.2: no fraction of a second.
  const value = new Date(Math.floor(ms / 1000) * 1000);
  const isLate = value.getUTCFullYear() >= FIRST_YEAR_OF_GENERALIZED_TIME;
  return new Time({ type: isLate ? TimeType.GeneralizedTime : TimeType.UTCTime, value });
}

function derOf(pem: string): Buffer {
  return Buffer.from(pem.replaceAll(/-----[^-]+-----/g, ''), 'base64');
}

function pemOf(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

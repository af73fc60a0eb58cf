import { randomBytes } from 'node:crypto';
import * as asn1 from 'asn1js';
import { BasicConstraints, ExtKeyUsage, GeneralName, GeneralNames } from 'pkijs';
import { parseIp } from '../../core/ip-address.ts';
import type { KeyPair } from './x509-writer.ts';
import { extension, writeCertificate } from './x509-writer.ts';

const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SUBJECT_ALTERNATIVE_NAME = '2.5.29.17';
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

/** RFC 5280, 4.2.1.3: bits from the left, and how many of the byte are not used. */
const KEY_CERT_SIGN_AND_CRL_SIGN = { bits: 0b0000_0110, unusedBits: 1 };
const DIGITAL_SIGNATURE = { bits: 0b1000_0000, unusedBits: 7 };

/** RFC 5280, 4.2.1.6: which kind of name a number in a GeneralName stands for. */
const DNS_NAME = 2;
const IP_ADDRESS = 7;

/** RFC 5280, appendix A.1: ub-common-name. */
const MAX_COMMON_NAME = 64;

export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** A new authority. Each has a name of its own, so that a verifier never tries the key of another. */
export function createAuthority(validity: Validity): Promise<KeyPair> {
  const constraints = new BasicConstraints({ cA: true, pathLenConstraint: 0 });
  return writeCertificate({
    ...validity,
    commonName: `flowtap authority ${randomBytes(4).toString('hex')}`,
    extensions: [
      extension(BASIC_CONSTRAINTS, constraints.toSchema(), true),
      extension(KEY_USAGE, bitString(KEY_CERT_SIGN_AND_CRL_SIGN), true),
    ],
  });
}

/**
 * A server's certificate, signed by an authority.
 *
 * @param names DNS names and IP addresses that clients may know the server by; at least one
 */
export function issueLeaf(issuer: KeyPair, names: readonly string[], validity: Validity): Promise<KeyPair> {
  const usages = new ExtKeyUsage({ keyPurposes: [SERVER_AUTH] });
  const alternatives = new GeneralNames({ names: names.map(generalName) });
  return writeCertificate({
    ...validity,
    issuer,
    commonName: names[0].slice(0, MAX_COMMON_NAME),
    extensions: [
      extension(BASIC_CONSTRAINTS, new BasicConstraints().toSchema(), true),
      extension(KEY_USAGE, bitString(DIGITAL_SIGNATURE), true),
      extension(EXTENDED_KEY_USAGE, usages.toSchema()),
      extension(SUBJECT_ALTERNATIVE_NAME, alternatives.toSchema()),
    ],
  });
}

function generalName(name: string): GeneralName {
  const address = parseIp(name);
  if (address === undefined) return new GeneralName({ type: DNS_NAME, value: name });
  return new GeneralName({ type: IP_ADDRESS, value: new asn1.OctetString({ valueHex: address }) });
}

function bitString({
  bits,
  unusedBits,
}: {
  readonly bits: number;
  readonly unusedBits: number;
}): asn1.BitString {
  return new asn1.BitString({ valueHex: Uint8Array.of(bits), unusedBits });
}

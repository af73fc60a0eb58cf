import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { closeGracefully, listen } from '../../../services/runtime/http-listener.ts';
import {
  coversNames,
  findIssuer,
  readCertificates,
  readKeyPair,
} from '../../../services/webhook/tls/certificates.ts';
import { createAuthority, issueLeaf } from '../../../services/webhook/tls/issue-certificates.ts';
import { serviceNames } from '../../../services/webhook/tls/leaf-secret.ts';
import { secureContextOf } from '../../../services/webhook/tls/webhook-certificates.ts';
import type { KeyPair } from '../../../services/webhook/tls/x509-writer.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';
import { installedProgram } from '../../servers/installed-program.ts';

const DAY_MS = 86_400_000;
const NAMES = [...serviceNames('flowtap-webhook', 'flowtap'), '127.0.0.1', 'fd00::10'];
const now = Date.now();
const validity = { notBeforeMs: now - 300_000, notAfterMs: now + 30 * DAY_MS };

const folder = new TemporaryFolder();
afterAll(() => folder.remove());

let authority: KeyPair;
let other: KeyPair;
let leaf: KeyPair;
beforeAll(async () => {
  authority = await createAuthority({ ...validity, notAfterMs: now + 3650 * DAY_MS });
  other = await createAuthority(validity);
  leaf = await issueLeaf(authority, NAMES, validity);
});

describe.skipIf(!installedProgram('openssl'))('openssl', () => {
  const openssl = (...args: readonly string[]): string =>
    execFileSync('openssl', args, { encoding: 'utf8', stdio: 'pipe' });
  const file = (name: string, text: string): string => {
    const path = join(folder.path, name);
    writeFileSync(path, text);
    return path;
  };
  const verify = (ca: KeyPair, ...args: readonly string[]): string =>
    openssl(
      ...['verify', '-x509_strict', '-purpose', 'sslserver', ...args],
      ...['-CAfile', file('ca.crt', ca.certPem), file('leaf.crt', leaf.certPem)],
    );

  test.each([
    ['-verify_hostname', 'flowtap-webhook.flowtap.svc'],
    ['-verify_hostname', 'flowtap-webhook.flowtap.svc.cluster.local'],
    ['-verify_ip', '127.0.0.1'],
    ['-verify_ip', 'fd00::10'],
  ])('verifies the leaf with %s %s', (option, name) => {
    expect(verify(authority, option, name)).toMatch(/: OK/);
  });

  test('verifies it for no other name, and by no other authority', () => {
    expect(() => verify(authority, '-verify_hostname', 'flowtap-webhook.other.svc')).toThrow(
      /hostname mismatch/i,
    );
    expect(() => verify(other)).toThrow(/unable to get local issuer/);
  });

  test('reads what the certificates are for', () => {
    const text = (pair: KeyPair): string =>
      openssl('x509', '-noout', '-text', '-in', file('any.crt', pair.certPem));
    expect(text(authority)).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0\s/);
    expect(text(authority)).toMatch(/X509v3 Key Usage: critical\s+Certificate Sign, CRL Sign\s/);
    expect(text(leaf)).toMatch(/Basic Constraints: critical\s+CA:FALSE\s/);
    expect(text(leaf)).toMatch(/X509v3 Key Usage: critical\s+Digital Signature\s/);
    expect(text(leaf)).toMatch(/X509v3 Extended Key Usage:\s+TLS Web Server Authentication\s/);
    const identifier = /Subject Key Identifier:\s+(\S+)/.exec(text(authority))?.[1];
    expect(text(leaf)).toContain(`Authority Key Identifier: \n                ${identifier}`);
  });

  test('reads the key, and times beyond 2049', async () => {
    expect(openssl('pkey', '-noout', '-text', '-in', file('leaf.key', leaf.keyPem))).toContain(
      'NIST CURVE: P-256',
    );
    const late = await createAuthority({ notBeforeMs: Date.UTC(2049, 0), notAfterMs: Date.UTC(2050, 0) + 1 });
    const dates = openssl('x509', '-noout', '-dates', '-in', file('late.crt', late.certPem));
    expect(dates).toBe('notBefore=Jan  1 00:00:00 2049 GMT\nnotAfter=Jan  1 00:00:00 2050 GMT\n');
    // Whoever verifies strictly refuses a fraction of a second.
    expect(
      openssl(
        'verify',
        '-x509_strict',
        '-attime',
        String(Date.UTC(2049, 6) / 1000),
        '-CAfile',
        ...Array(2).fill(join(folder.path, 'late.crt')),
      ),
    ).toMatch(/: OK/);
  });
});

test('serial numbers are positive, of 16 bytes, and no two are the same', async () => {
  const pairs = await Promise.all(Array.from({ length: 50 }, () => issueLeaf(authority, NAMES, validity)));
  const serials = pairs.map(({ certPem }) => new X509Certificate(certPem).serialNumber);
  expect(new Set(serials).size).toBe(50);
  for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
});

test('a PEM text is read for what makes sense in it', () => {
  const damaged = authority.certPem.replace(/\n.{8}/, '\nAAAAAAAA');
  const read = readCertificates(`${other.certPem}# note\n${damaged}${authority.certPem}`);
  expect(read.map((certificate) => certificate.toString())).toEqual([other.certPem, authority.certPem]);
});

test.each<[string, () => boolean, boolean]>([
  ['a pair', () => readKeyPair(leaf) !== undefined, true],
  ["another's key", () => readKeyPair({ ...leaf, keyPem: other.keyPem }) !== undefined, false],
  ['no key', () => readKeyPair({ ...leaf, keyPem: '' }) !== undefined, false],
  ['no certificate', () => readKeyPair({ ...leaf, certPem: '' }) !== undefined, false],
])('%s can be used: %s', (_what, can, expected) => {
  expect(can()).toBe(expected);
});

test('the issuer is found among several, by its key', () => {
  const [certificate] = readCertificates(leaf.certPem);
  const both = readCertificates(other.certPem + authority.certPem);
  expect(findIssuer(certificate, both)?.toString()).toBe(authority.certPem);
  expect(findIssuer(certificate, both.slice(0, 1))).toBeUndefined();
});

test.each([
  [['flowtap-webhook.flowtap.svc', 'fd00:0::10'], true],
  [['flowtap-webhook.flowtap.svc', 'flowtap-enrichment.flowtap.svc'], false],
  [['10.0.0.1'], false],
])('a certificate for %s is not needed: %s', (names, covers) => {
  expect(coversNames(readCertificates(leaf.certPem)[0], names)).toBe(covers);
});

describe('a handshake', () => {
  const handshake = async (options: ConnectionOptions): Promise<string | null> => {
    const certificates = {
      current: leaf,
      bundlePem: undefined,
      onChange() {},
      readiness: () => undefined,
      run: async () => {},
    };
    const server = createServer(secureContextOf(certificates));
    const { port } = await listen(server, { host: '127.0.0.1', port: 0 });
    onTestFinished(() => closeGracefully(server, 0));
    return await new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', ...options }, () => {
        resolve(socket.getProtocol());
        socket.destroy();
      }).on('error', reject);
    });
  };
  const servername = NAMES[0];

  test('succeeds for who trusts the authority, with TLS 1.3', async () => {
    expect(await handshake({ ca: authority.certPem, servername })).toBe('TLSv1.3');
    expect(await handshake({ ca: other.certPem + authority.certPem, servername })).toBe('TLSv1.3');
  });

  test('fails for who trusts another one, knows the server by another name, or speaks TLS 1.2', async () => {
    await expect(handshake({ ca: other.certPem, servername })).rejects.toThrow(/unable to verify/);
    await expect(handshake({ ca: authority.certPem, servername: 'elsewhere' })).rejects.toThrow(
      /does not match/,
    );
    await expect(handshake({ ca: authority.certPem, servername, maxVersion: 'TLSv1.2' })).rejects.toThrow(
      /protocol version/,
    );
  });
});

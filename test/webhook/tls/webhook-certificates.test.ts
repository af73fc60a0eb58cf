import { createServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { closeGracefully, listen } from '../../../services/runtime/http-listener.ts';
import { createAuthority, issueLeaf } from '../../../services/webhook/tls/issue-certificates.ts';
import type { WebhookCertificates } from '../../../services/webhook/tls/webhook-certificates.ts';
import { serveCertificates } from '../../../services/webhook/tls/webhook-certificates.ts';
import type { KeyPair } from '../../../services/webhook/tls/x509-writer.ts';

/** Certificates that a test sets. */
class GivenCertificates implements WebhookCertificates {
  readonly #listeners: (() => void)[] = [];
  readonly bundlePem = undefined;
  current: KeyPair | undefined;

  give(pair: KeyPair): void {
    this.current = pair;
    for (const listener of this.#listeners) listener();
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  readiness(): undefined {}

  async run(): Promise<void> {}
}

test('a server without a certificate refuses; with one it answers; another one is for new connections', async () => {
  const validity = { notBeforeMs: Date.now() - 1000, notAfterMs: Date.now() + 3_600_000 };
  const authority = await createAuthority(validity);
  const [first, second] = [
    await issueLeaf(authority, ['web'], validity),
    await issueLeaf(authority, ['web'], validity),
  ];
  const certificates = new GivenCertificates();
  const server = createServer((_request, response) => response.end('here'));
  serveCertificates(server, certificates);
  const { port } = await listen(server, { host: '127.0.0.1', port: 0 });
  onTestFinished(() => closeGracefully(server, 0));
  const open = (): Promise<TLSSocket> =>
    new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', servername: 'web', ca: authority.certPem }, () =>
        resolve(socket),
      );
      socket.on('error', reject);
    });
  const shown = (socket: TLSSocket): string | undefined => socket.getPeerX509Certificate()?.toString();

  await expect(open()).rejects.toThrow(/handshake failure|no suitable/);
  certificates.give(first);
  const early = await open();
  expect(shown(early)).toBe(first.certPem);
  certificates.give(second);
  const late = await open();
  expect(shown(late)).toBe(second.certPem);
  expect(late.getProtocol()).toBe('TLSv1.3');
  early.write('GET / HTTP/1.1\r\nhost: web\r\nconnection: close\r\n\r\n');
  expect(String(Buffer.concat(await early.toArray()))).toMatch(/here$/);
  late.destroy();
});

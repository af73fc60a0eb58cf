import { copyFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../services/runtime/clock.ts';
import { closeGracefully, listen } from '../../services/runtime/http-listener.ts';
import { readServerTls, reloadServerTls } from '../../services/runtime/server-tls.ts';
import { quietLogger } from '../fakes/quiet-logger.ts';
import { makeCertificate } from '../fixtures/server-certificate.ts';
import { TemporaryFolder } from '../fixtures/temporary-folder.ts';
import { until } from '../support/until.ts';

const folder = new TemporaryFolder();
afterAll(() => folder.remove());

/** Common name of the certificate that the server shows. */
function servedName(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', reject);
  });
}

test('new files are served without a new start; damaged ones are not', async () => {
  const [first, second] = [makeCertificate(folder.path, 'first'), makeCertificate(folder.path, 'second')];
  // As Kubernetes mounts a Secret: files are links through a link that is moved.
  const files = {
    certFile: join(folder.path, 'data', 'tls.crt'),
    keyFile: join(folder.path, 'data', 'tls.key'),
  };
  const mount = (name: string, certificate: { certFile: string; keyFile: string }, key?: string): void => {
    const version = join(folder.path, name);
    mkdirSync(version);
    copyFileSync(certificate.certFile, join(version, 'tls.crt'));
    writeFileSync(join(version, 'tls.key'), key ?? readFileSync(certificate.keyFile));
    symlinkSync(version, `${version}-link`);
    renameSync(`${version}-link`, join(folder.path, 'data'));
  };
  mount('v1', first);
  const server = createServer(readServerTls(files));
  const { port } = await listen(server, { host: '127.0.0.1', port: 0 });
  const ending = new AbortController();
  const warnings: unknown[] = [];
  const log = quietLogger();
  log.warn = (fields: unknown) => void warnings.push(fields);
  const reloading = reloadServerTls(server, {
    files,
    clock: systemClock,
    signal: ending.signal,
    log,
    intervalMs: 5,
  });
  onTestFinished(async () => {
    ending.abort();
    await reloading;
    await closeGracefully(server, 0);
  });
  expect(await servedName(port)).toBe('first');
  mount('v2', second, 'no key');
  await until(() => warnings.length > 0);
  expect(await servedName(port)).toBe('first');
  mount('v3', second);
  await until(async () => (await servedName(port)) === 'second');
});

test.each<[string, (path: string) => { certFile: string; keyFile: string }, RegExp]>([
  [
    'a missing file',
    (path) => ({ certFile: join(path, 'none.crt'), keyFile: join(path, 'none.key') }),
    /none.crt cannot be read: ENOENT/,
  ],
  [
    'a key of another',
    (path) => ({
      certFile: makeCertificate(path, 'a').certFile,
      keyFile: makeCertificate(path, 'b').keyFile,
    }),
    /a.crt and .*b.key are no certificate and its key/,
  ],
])('%s is an error that names the files', (_name, files, message) => {
  expect(() => readServerTls(files(folder.path))).toThrow(message);
});

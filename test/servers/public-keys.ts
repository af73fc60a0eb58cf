import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Certificates of an authority of the test's own, by openssl; each gives the files `NAME.crt` and `NAME.key` in the folder. */
export class TestAuthority {
  readonly #folder: string;
  readonly #name: string;

  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
    this.#makeKey(name);
    const extensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
    const added = extensions.flatMap((extension) => ['-addext', extension]);
    const files = ['-key', this.#path(`${name}.key`), '-out', this.#path(`${name}.crt`)];
    this.#openssl('req', '-x509', '-new', ...files, '-days', '3650', '-subj', `/CN=${name}`, ...added);
  }

  /**
   * @param subject as openssl writes it: `/O=system:masters/CN=admin`
   * @param usage `serverAuth`, `clientAuth` or both with a comma
   * @param names alternative names of a server: `DNS:localhost`, `IP:127.0.0.1`
   */
  sign(name: string, subject: string, usage: string, names: readonly string[] = []): void {
    this.#makeKey(name);
    const request = this.#path(`${name}.csr`);
    const extensions = this.#path(`${name}.ext`);
    this.#openssl('req', '-new', '-key', this.#path(`${name}.key`), '-out', request, '-subj', subject);
    const lines = ['keyUsage=critical,digitalSignature', `extendedKeyUsage=${usage}`];
    if (names.length > 0) lines.push(`subjectAltName=${names.join(',')}`);
    writeFileSync(extensions, lines.join('\n'));
    const authority = ['-CA', this.#path(`${this.#name}.crt`), '-CAkey', this.#path(`${this.#name}.key`)];
    const files = ['-in', request, '-out', this.#path(`${name}.crt`), '-extfile', extensions];
    this.#openssl('x509', '-req', ...files, ...authority, '-CAcreateserial', '-days', '3650');
    rmSync(request);
    rmSync(extensions);
  }

  #makeKey(name: string): void {
    this.#openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', this.#path(`${name}.key`));
  }

  #path(file: string): string {
    return join(this.#folder, file);
  }

  #openssl(...args: readonly string[]): void {
    execFileSync('openssl', args, { stdio: 'pipe' });
  }
}

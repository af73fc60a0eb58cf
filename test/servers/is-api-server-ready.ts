import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';

/** Asks an API server, as its administrator. Rejects where nobody answers. */
export function isApiServerReady(server: string, certificates: string): Promise<boolean> {
  const file = (name: string): Buffer => readFileSync(join(certificates, name));
  const options = { ca: file('ca.crt'), cert: file('admin.crt'), key: file('admin.key'), agent: false };
  return new Promise((resolve, reject) => {
    const request = get(`${server}/readyz`, options, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode === 200));
    });
    request.once('error', reject);
  });
}

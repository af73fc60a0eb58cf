import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from '../fixtures/server-certificate.ts';
import { TemporaryFolder } from '../fixtures/temporary-folder.ts';

export const ADDED_CONTAINER = { name: 'late', image: 'late:1', ports: [{ containerPort: 15_001 }] };

/** Another webhook: it adds a container to pods that are labelled `add: late`. A process, as kubectl blocks the test's. */
export class ContainerAdder {
  readonly #folder = new TemporaryFolder();
  readonly #certificate = makeCertificate(this.#folder.path, 'adder');
  #child: ChildProcess | undefined;

  /** Listens, and gives the object that has the API server call it, after webhooks whose names come before. */
  async start(): Promise<object> {
    const { certFile, keyFile } = this.#certificate;
    const script = join(import.meta.dirname, 'container-adder-child.ts');
    const args = ['--pdeathsig', 'KILL', process.execPath, script, certFile, keyFile];
    const child = spawn('setpriv', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#child = child;
    const [port] = (await once(child.stdout, 'data')) as [Buffer];
    return {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'zz-adder' },
      webhooks: [
        {
          name: 'adder.example.com',
          admissionReviewVersions: ['v1'],
          clientConfig: {
            url: `https://127.0.0.1:${port.toString().trim()}/`,
            caBundle: readFileSync(certFile).toString('base64'),
          },
          rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }],
          objectSelector: { matchLabels: { add: 'late' } },
          sideEffects: 'None',
        },
      ],
    };
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#folder.remove();
  }
}

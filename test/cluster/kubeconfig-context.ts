import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ControlPlane } from '../servers/control-plane.ts';
import { whenThisProcessEnds } from '../servers/keeper.ts';
import { kubernetesProgram } from '../servers/kubernetes-programs.ts';

/** Adds the administrator's access to a kubeconfig, and makes it the current context; it goes when this process ends. */
export function addContext(path: string, context: string, plane: ControlPlane): void {
  const kubectl = String(kubernetesProgram('kubectl'));
  const config = (...args: readonly string[]): void => {
    execFileSync(kubectl, ['--kubeconfig', path, 'config', ...args], { stdio: 'pipe' });
  };
  const file = (name: string): string => join(plane.folder, 'certificates', name);
  const undo = ['context', 'cluster', 'user'].map(
    (kind) => `'${kubectl}' --kubeconfig '${path}' config delete-${kind} '${context}'`,
  );
  whenThisProcessEnds(existsSync(path) ? undo.join('; ') : `rm -f '${path}'`);
  const authority = ['--certificate-authority', file('ca.crt'), '--embed-certs'];
  config('set-cluster', context, '--server', plane.server, ...authority);
  const credentials = [
    '--client-certificate',
    file('admin.crt'),
    '--client-key',
    file('admin.key'),
    '--embed-certs',
  ];
  config('set-credentials', context, ...credentials);
  config('set-context', context, '--cluster', context, '--user', context);
  config('use-context', context);
}

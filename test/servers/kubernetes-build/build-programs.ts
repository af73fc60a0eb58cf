import { dirname, join } from 'node:path';
import { installedProgram } from '../installed-program.ts';
import type { KubernetesProgram } from '../kubernetes-programs.ts';
import {
  builtProgramsFolder,
  COREDNS_VERSION,
  coreDnsPath,
  HELM_VERSION,
  KUBERNETES_PROGRAMS,
  KUBERNETES_VERSION,
} from '../kubernetes-programs.ts';
import { goBuild } from './go-build.ts';

/** Why the programs cannot be built, in a sentence; undefined where they can. */
export function buildUnavailable(): string | undefined {
  if (installedProgram('go') !== undefined) return undefined;
  return 'Kubernetes is built with Go 1.24 or newer (https://go.dev/dl), which is neither on the PATH nor in /usr/local/go';
}

/** Builds programs of Kubernetes from their Go modules into the cache: ten minutes for all of them on two cores. */
export async function buildPrograms(
  names: readonly KubernetesProgram[],
  log: (line: string) => void,
): Promise<void> {
  log(`Building ${names.join(', ')} of Kubernetes ${KUBERNETES_VERSION} (about 10 minutes, once) ...`);
  await goBuild({
    module: import.meta.dirname,
    packages: Object.fromEntries(names.map((name) => [name, KUBERNETES_PROGRAMS[name]])),
    target: builtProgramsFolder(),
    linkerFlags: versionFlags(),
    log,
  });
}

/** Builds the cluster's DNS server into the cache: a few minutes. */
export async function buildCoreDns(log: (line: string) => void): Promise<void> {
  log(`Building CoreDNS ${COREDNS_VERSION} (a few minutes, once) ...`);
  await goBuild({
    module: join(import.meta.dirname, 'coredns'),
    packages: { coredns: '.' },
    target: dirname(coreDnsPath()),
    linkerFlags: [],
    log,
  });
}

/** What the programs say their version is. */
function versionFlags(): readonly string[] {
  const [major, minor] = KUBERNETES_VERSION.split('.');
  const values = {
    gitVersion: `v${KUBERNETES_VERSION}`,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
    gitCommit: 'module',
    buildDate: '1970-01-01T00:00:00Z',
  };
  const kubernetes = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((name) =>
    Object.entries(values).map(([variable, value]) => `-X ${name}.${variable}=${value}`),
  );
  return [...kubernetes, `-X helm.sh/helm/v3/internal/version.version=v${HELM_VERSION}`];
}

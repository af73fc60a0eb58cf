import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { installedProgram } from '../installed-program.ts';
import { whenThisProcessEnds } from '../keeper.ts';
import type { KubernetesProgram } from '../kubernetes-programs.ts';
import {
  builtProgramsFolder,
  HELM_VERSION,
  KUBERNETES_PROGRAMS,
  KUBERNETES_VERSION,
} from '../kubernetes-programs.ts';
import { makeRunFolder } from '../run-folder.ts';

const PROGRESS_MS = 20_000;

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
  const go = installedProgram('go');
  if (go === undefined) throw new Error(buildUnavailable());
  const target = builtProgramsFolder();
  mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
  mkdirSync(target, { recursive: true, mode: 0o755 });
  // A build that is broken off leaves no program that looks whole.
  const beside = mkdtempSync(`${target}.`);
  whenThisProcessEnds(`rm -rf '${beside}'`);
  try {
    log(`Building ${names.join(', ')} of Kubernetes ${KUBERNETES_VERSION} (about 10 minutes, once) ...`);
    await run(
      go,
      ['build', ...BUILD_FLAGS, '-o', `${beside}/`, ...names.map((name) => KUBERNETES_PROGRAMS[name])],
      log,
    );
    for (const name of names) {
      chmodSync(join(beside, name), 0o755);
      renameSync(join(beside, name), join(target, name));
    }
    log(`Built into ${target}.`);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
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

const BUILD_FLAGS = [
  '-v',
  '-trimpath',
  '-buildvcs=false',
  // As releases are built; the linker can then leave code out.
  ...['-tags', 'grpcnotrace'],
  // Nobody debugs them, and Go's cache becomes a good deal smaller.
  '-gcflags=all=-dwarf=false',
  `-ldflags=-s -w ${versionFlags().join(' ')}`,
];

async function run(go: string, args: readonly string[], log: (line: string) => void): Promise<void> {
  const env = { ...process.env, CGO_ENABLED: '0', GOTMPDIR: makeRunFolder('go') };
  const child = spawn(go, args, { cwd: import.meta.dirname, env, stdio: ['ignore', 'inherit', 'pipe'] });
  const exit = once(child, 'exit');
  const sinceMs = Date.now();
  let modules = 0;
  let packages = 0;
  const tail: string[] = [];
  const progress = setInterval(() => {
    const minutes = ((Date.now() - sinceMs) / 60_000).toFixed(1);
    log(`  ${modules} modules fetched, ${packages} packages compiled, ${minutes} minutes`);
  }, PROGRESS_MS);
  try {
    for await (const line of createInterface(child.stderr)) {
      if (line.startsWith('go: downloading')) modules += 1;
      else packages += 1;
      tail.push(line);
      if (tail.length > 20) tail.shift();
    }
    const [code] = await exit;
    if (code !== 0) throw new Error(`Kubernetes ${KUBERNETES_VERSION} cannot be built:\n${tail.join('\n')}`);
  } finally {
    clearInterval(progress);
    child.kill();
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { installedProgram } from '../installed-program.ts';
import { whenThisProcessEnds } from '../keeper.ts';
import { makeRunFolder } from '../run-folder.ts';

const PROGRESS_MS = 20_000;

const BUILD_FLAGS = [
  '-v',
  '-trimpath',
  '-buildvcs=false',
  // As releases are built; the linker can then leave code out.
  ...['-tags', 'grpcnotrace'],
  // Nobody debugs them, and Go's cache becomes a good deal smaller.
  '-gcflags=all=-dwarf=false',
];

export interface GoBuild {
  /** Where the go.mod is. */
  readonly module: string;
  /** By the names of the programs. */
  readonly packages: Readonly<Record<string, string>>;
  /** The folder that the programs get into. */
  readonly target: string;
  readonly linkerFlags: readonly string[];
  readonly log: (line: string) => void;
}

/** Builds programs from a Go module; one that is broken off leaves no program that looks whole. */
export async function goBuild({ module, packages, target, linkerFlags, log }: GoBuild): Promise<void> {
  mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
  mkdirSync(target, { recursive: true, mode: 0o755 });
  const beside = mkdtempSync(`${target}.`);
  whenThisProcessEnds(`rm -rf '${beside}'`);
  try {
    const flags = [...BUILD_FLAGS, `-ldflags=-s -w ${linkerFlags.join(' ')}`];
    await run(module, ['build', ...flags, '-o', `${beside}/`, ...Object.values(packages)], log);
    for (const name of Object.keys(packages)) {
      chmodSync(join(beside, name), 0o755);
      renameSync(join(beside, name), join(target, name));
    }
    log(`Built into ${target}.`);
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

async function run(module: string, args: readonly string[], log: (line: string) => void): Promise<void> {
  const go = installedProgram('go') ?? 'go';
  const env = { ...process.env, CGO_ENABLED: '0', GOTMPDIR: makeRunFolder('go') };
  const child = spawn(go, args, { cwd: module, env, stdio: ['ignore', 'inherit', 'pipe'] });
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
    if (code !== 0) throw new Error(`${module} cannot be built:\n${tail.join('\n')}`);
  } finally {
    clearInterval(progress);
    child.kill();
  }
}

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Buildah } from './buildah.ts';
import { run } from './run-program.ts';

/** Debian's release in the default BASE of the Dockerfiles. */
const RELEASE = 'bookworm';

/** What is compared with the base there is; raise the last digit when what is in it changes. */
const TAG = `localhost/flowtap-base:${RELEASE}-node${process.versions.node}-1`;

/** Beside Debian's own: what the Dockerfiles would fetch, were it not there. */
const PACKAGES = ['binutils', 'ca-certificates', 'libcap2-bin'];
const NPM = 'npm@11';

const AUTHORITIES = '/etc/ssl/certs/ca-certificates.crt';

/** Stands in for the BASE of the Dockerfiles where there is no registry: Debian with npm, made once. Gives its name. */
export async function localBase(buildah: Buildah, log: (line: string) => void): Promise<string> {
  if (buildah.hasImage(TAG)) return TAG;
  log(`Making ${TAG} with debootstrap ...`);
  const folder = mkdtempSync(join(buildah.folder, 'base-'));
  try {
    const root = join(folder, 'root');
    run('debootstrap', ['--variant=minbase', `--include=${PACKAGES.join(',')}`, RELEASE, root]);
    rmSync(join(root, 'var/cache/apt'), { recursive: true, force: true });
    await addNpm(root);
    // Packages come by way of what this machine trusts.
    await copyFile(AUTHORITIES, join(root, AUTHORITIES)).catch(() => undefined);
    buildah.commit(root, TAG, { NODE_EXTRA_CA_CERTS: AUTHORITIES, npm_config_cafile: AUTHORITIES });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return TAG;
}

/** This Node.js, and an npm for it. */
async function addNpm(root: string): Promise<void> {
  const prefix = join(root, 'usr/local');
  mkdirSync(join(prefix, 'bin'), { recursive: true });
  await copyFile(process.execPath, join(prefix, 'bin/node'));
  const empty = join(root, 'tmp/npm');
  mkdirSync(empty);
  await writeFile(join(empty, 'package.json'), '{}');
  run(
    'npm',
    ['install', '--global', '--prefix', prefix, '--ignore-scripts', '--no-audit', '--no-fund', NPM],
    empty,
  );
  rmSync(empty, { recursive: true });
}

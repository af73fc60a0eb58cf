import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../servers/cache-folder.ts';
import { installedProgram } from '../../servers/installed-program.ts';

const ROOT = join(import.meta.dirname, '../../..');

/** The archives that are built, by their names. */
export const CLUSTER_IMAGES = ['flowtap-probe', 'flowtap-webhook', 'application'] as const;

/** Of a pod that answers who it is, and calls others. */
export const APPLICATION_IMAGE = 'localhost/application:1';

/** Why images cannot be built here, in a sentence; undefined where they can. */
export function clusterImagesUnavailable(): string | undefined {
  const missing = ['buildah', 'debootstrap'].filter((name) => installedProgram(name) === undefined);
  if (missing.length === 0) return undefined;
  return `images need the Debian packages ${missing.join(' and ')}`;
}

/** Builds flowtap's images as `npm run images` does, and the application's, into the folder; gives the archives' paths. */
export async function buildClusterImages(folder: string): Promise<readonly string[]> {
  mkdirSync(cacheFolder(), { recursive: true });
  const scripts = [
    join(ROOT, 'scripts/images/build-images.ts'),
    join(import.meta.dirname, 'build-application.ts'),
  ];
  for (const script of scripts) {
    // One process at a time: they share a store.
    const command = ['flock', cacheFolder('images.lock'), process.execPath, script, '--out', folder];
    await promisify(execFile)(command[0], command.slice(1));
  }
  return CLUSTER_IMAGES.map((name) => join(folder, `${name}.tar`));
}

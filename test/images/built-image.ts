import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ImageConfig } from '../../scripts/images/oci-archive.ts';
import { OciArchive } from '../../scripts/images/oci-archive.ts';
import { missingCommand } from '../integration/missing-command.ts';
import { namespacesUnavailable } from '../integration/namespaces.ts';
import { cacheFolder } from '../servers/cache-folder.ts';
import { makeRunFolder } from '../servers/run-folder.ts';

const BUILD = join(import.meta.dirname, '../../scripts/images/build-images.ts');

/** The first build makes a base and installs packages; later ones take seconds. */
export const BUILD_TIMEOUT_MS = 600_000;

/** Why images cannot be built and run here, in a sentence. */
export function imagesUnavailable(): string | undefined {
  return namespacesUnavailable() ?? missingCommand('buildah', 'debootstrap', 'runc', 'flock');
}

/** An image as it was built, laid out in a folder that goes with this process. */
export interface BuiltImage {
  readonly config: ImageConfig;
  readonly root: string;
}

/** Builds an image as `npm run images` does. One process at a time: they share a store. */
export async function buildImage(name: 'probe' | 'webhook'): Promise<BuiltImage> {
  const folder = makeRunFolder(`image-${name}`);
  const lock = cacheFolder('images.lock');
  mkdirSync(cacheFolder(), { recursive: true });
  await promisify(execFile)('flock', [lock, process.execPath, BUILD, '--only', name, '--out', folder]);
  using archive = new OciArchive(join(folder, `flowtap-${name}.tar`));
  const root = join(folder, 'root');
  mkdirSync(root);
  // Whoever runs in it must be able to enter it.
  for (const path of [folder, root]) chmodSync(path, 0o755);
  archive.unpack(root);
  return { config: archive.config, root };
}

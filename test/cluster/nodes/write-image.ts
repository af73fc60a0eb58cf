import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

export interface ProgramImage {
  /** With tag: `localhost/pause:1` */
  readonly name: string;
  /** A program that needs nothing but the kernel. */
  readonly program: string;
  readonly user: string;
}

const MEDIA = 'application/vnd.oci.image';
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** Writes an image with a single program into the folder, as an OCI archive; gives its path. */
export function writeImage(folder: string, { name, program, user }: ProgramImage): string {
  const layout = join(folder, `${basename(program)}.layout`);
  const root = join(layout, 'root');
  mkdirSync(root, { recursive: true });
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  copyFileSync(program, join(root, basename(program)));
  const reproducible = ['--sort=name', '--mtime=@0', '--numeric-owner', '--owner=0', '--group=0'];
  const tar = (from: string, to: string, ...paths: readonly string[]): void => {
    execFileSync('tar', [...reproducible, '-C', from, '-cf', to, ...paths]);
  };
  /** Puts what is in a file among the blobs; gives what others refer to it by. */
  const blob = (path: string, type: string) => {
    const content = readFileSync(path);
    const digest = createHash('sha256').update(content).digest('hex');
    renameSync(path, join(layout, 'blobs/sha256', digest));
    return { mediaType: `${MEDIA}.${type}`, digest: `sha256:${digest}`, size: content.length };
  };
  const json = (content: unknown, type: string) => {
    writeFileSync(join(layout, 'json'), JSON.stringify(content));
    return blob(join(layout, 'json'), type);
  };
  tar(root, join(layout, 'layer.tar'), '.');
  rmSync(root, { recursive: true });
  const layer = blob(join(layout, 'layer.tar'), 'layer.v1.tar');
  const platform = { os: 'linux', architecture: ARCHITECTURES[process.arch] ?? process.arch };
  const config = {
    ...platform,
    config: { User: user, Entrypoint: [`/${basename(program)}`] },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  };
  const parts = { config: json(config, 'config.v1+json'), layers: [layer] };
  const manifest = json(
    { schemaVersion: 2, mediaType: `${MEDIA}.manifest.v1+json`, ...parts },
    'manifest.v1+json',
  );
  const annotations = { 'org.opencontainers.image.ref.name': name };
  const index = { schemaVersion: 2, manifests: [{ ...manifest, platform, annotations }] };
  writeFileSync(join(layout, 'index.json'), JSON.stringify(index));
  writeFileSync(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  const archive = join(folder, `${basename(program)}.tar`);
  tar(layout, archive, 'oci-layout', 'index.json', 'blobs');
  rmSync(layout, { recursive: true });
  return archive;
}

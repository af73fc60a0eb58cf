// `npm run images [-- --only probe] [--out FOLDER] [-- options of buildah build]`: builds the Dockerfiles as they are,
// without docker and without a registry, into OCI archives.
import { readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  IMAGE_PACKAGES,
  installDebianPackages,
  notInstalled,
} from '../../test/preparation/debian-packages.ts';
import { cacheFolder } from '../../test/servers/cache-folder.ts';
import { Buildah } from './buildah.ts';
import { localBase } from './local-base.ts';
import { OciArchive } from './oci-archive.ts';

const ROOT = join(import.meta.dirname, '../..');
const MIB = 2 ** 20;

const { values, positionals } = parseArgs({
  options: { only: { type: 'string' }, out: { type: 'string' } },
  allowPositionals: true,
});
const names = values.only?.split(',') ?? ['probe', 'webhook'];
const out = resolve(values.out ?? join(ROOT, 'dist/images'));
const log = (line: string): void => console.log(line);

installDebianPackages(log, IMAGE_PACKAGES);
if (notInstalled(IMAGE_PACKAGES).length > 0 || process.geteuid?.() !== 0) {
  const packages = Object.keys(IMAGE_PACKAGES).join(' and ');
  log(
    `This needs root and the Debian packages ${packages}. With docker or podman: docker build -f Dockerfile.probe .`,
  );
  process.exit(1);
}
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
const buildah = new Buildah(cacheFolder('images'));
const base = await localBase(buildah, log);
for (const name of names) {
  const archive = join(out, `flowtap-${name}.tar`);
  const started = performance.now();
  const image = { name: `localhost/flowtap-${name}:${version}`, archive };
  buildah.build(join(ROOT, `Dockerfile.${name}`), { BASE: base, VERSION: version }, image, positionals);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  using written = new OciArchive(archive);
  const { unpackedBytes, packedBytes } = await written.sizes();
  const sizes = `${mib(packedBytes)} compressed, ${mib(unpackedBytes)} unpacked`;
  log(`${relative(process.cwd(), archive)}: ${sizes}, built in ${seconds} s`);
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}

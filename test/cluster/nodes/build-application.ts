// `build-application.ts --out FOLDER`: builds the application of a cluster of tests on an image of flowtap that is built.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Buildah } from '../../../scripts/images/buildah.ts';
import { cacheFolder } from '../../servers/cache-folder.ts';
import { APPLICATION_IMAGE } from './cluster-images.ts';

const { values } = parseArgs({ options: { out: { type: 'string' } } });
const { version } = JSON.parse(readFileSync(join(import.meta.dirname, '../../../package.json'), 'utf8'));
const image = { name: APPLICATION_IMAGE, archive: join(String(values.out), 'application.tar') };
const base = { BASE: `localhost/flowtap-webhook:${version}` };
new Buildah(cacheFolder('images')).build(join(import.meta.dirname, 'application/Dockerfile'), base, image);

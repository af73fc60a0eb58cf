import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from './run-program.ts';

/** With so many images, parts of builds included, those that nothing is based on go. */
const MANY_IMAGES = 150;

/** Debian's buildah with a store of its own: no daemon, no registry, and no container runtime for the RUN lines. */
export class Buildah {
  readonly folder: string;
  readonly #policy: string;

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    this.#policy = join(folder, 'policy.json');
    writeFileSync(this.#policy, JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }));
    const store = ['driver="overlay"', `graphroot="${folder}/graph"`, `runroot="${folder}/run"`];
    writeFileSync(join(folder, 'storage.conf'), ['[storage]', ...store, ''].join('\n'));
  }

  hasImage(name: string): boolean {
    return this.#run('images', '--format', '{{.Name}}:{{.Tag}}').split('\n').includes(name);
  }

  /** Makes an image of a folder. */
  commit(root: string, name: string, environment: Readonly<Record<string, string>>): void {
    const container = this.#run('from', 'scratch').trim();
    try {
      this.#run('add', '--quiet', container, root, '/');
      const variables = Object.entries(environment).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
      this.#run('config', ...variables, container);
      this.#run('commit', '--quiet', '--signature-policy', this.#policy, container, name);
    } finally {
      this.#run('rm', container);
    }
  }

  /** Builds a Dockerfile as it is and writes the image into an OCI archive. */
  build(
    dockerfile: string,
    args: Readonly<Record<string, string>>,
    image: { readonly name: string; readonly archive: string },
    options: readonly string[] = [],
  ): void {
    const context = dirname(dockerfile);
    const buildArgs = Object.entries(args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]);
    const fixed = ['--signature-policy', this.#policy, '--pull-never', '--layers'];
    this.#run('build', ...fixed, ...buildArgs, ...options, '-f', dockerfile, '-t', image.name, context);
    mkdirSync(dirname(image.archive), { recursive: true });
    rmSync(image.archive, { force: true });
    const target = `oci-archive:${image.archive}:${image.name}`;
    this.#run('push', '--quiet', '--signature-policy', this.#policy, image.name, target);
    this.#tidy();
  }

  #tidy(): void {
    const images = this.#run('images', '--all', '--quiet').split('\n').length;
    if (images > MANY_IMAGES) this.#run('rmi', '--prune', '--force');
  }

  #run(...args: readonly string[]): string {
    const env = {
      ...process.env,
      BUILDAH_ISOLATION: 'chroot',
      CONTAINERS_STORAGE_CONF: join(this.folder, 'storage.conf'),
    };
    return run('buildah', args, undefined, env);
  }
}

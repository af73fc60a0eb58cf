import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { run } from './run-program.ts';

/** What an image says of how it is run (OCI image specification, config). */
export interface ImageConfig {
  readonly User: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly Env?: readonly string[];
}

interface Blob {
  readonly digest: string;
  readonly size: number;
}

/** An OCI archive, laid out in a folder until it is closed. */
export class OciArchive {
  readonly config: ImageConfig;
  readonly layers: readonly { readonly path: string; readonly bytes: number }[];
  readonly #folder: string;

  constructor(path: string) {
    this.#folder = mkdtempSync(join(tmpdir(), 'flowtap-image-'));
    run('tar', ['-xf', path, '-C', this.#folder]);
    const index = this.#json<{ readonly manifests: readonly Blob[] }>(join(this.#folder, 'index.json'));
    const manifest = this.#json<{ readonly config: Blob; readonly layers: readonly Blob[] }>(
      this.#blob(index.manifests[0]),
    );
    this.config = this.#json<{ readonly config: ImageConfig }>(this.#blob(manifest.config)).config;
    this.layers = manifest.layers.map((layer) => ({ path: this.#blob(layer), bytes: layer.size }));
  }

  /** Its files, with their file capabilities. The images here take nothing away that an earlier layer has. */
  unpack(folder: string): void {
    for (const { path } of this.layers) {
      run('tar', ['--xattrs', '--xattrs-include=security.capability', '-xpf', path, '-C', folder]);
    }
  }

  async sizes(): Promise<{ readonly packedBytes: number; readonly unpackedBytes: number }> {
    let unpackedBytes = 0;
    for (const { path } of this.layers) {
      await pipeline(createReadStream(path), createGunzip(), async (chunks) => {
        for await (const chunk of chunks as AsyncIterable<Buffer>) unpackedBytes += chunk.length;
      });
    }
    return { packedBytes: this.layers.reduce((sum, { bytes }) => sum + bytes, 0), unpackedBytes };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #json<Content>(path: string): Content {
    return JSON.parse(readFileSync(path, 'utf8')) as Content;
  }

  #blob({ digest }: Blob): string {
    return join(this.#folder, 'blobs', ...digest.split(':'));
  }
}

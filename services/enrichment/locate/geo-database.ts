import { readFile } from 'node:fs/promises';
import type { AsnResponse, CityResponse } from 'maxmind';
import { Reader } from 'maxmind';

/** Where an address is, and whose: what a MaxMind file says of it. */
export interface GeoSource {
  city(ip: string): CityResponse | undefined;
  asn(ip: string): AsnResponse | undefined;
  /** Changes with each reload, so that what was remembered from before is known to be old. */
  readonly generation: number;
}

export interface GeoFiles {
  /** A City or Country database. */
  readonly cityFile?: string | undefined;
  readonly asnFile?: string | undefined;
}

/** Files in MaxMind's format, in memory. */
export class GeoDatabase implements GeoSource {
  readonly #files: GeoFiles;
  #city: Reader<CityResponse> | undefined;
  #asn: Reader<AsnResponse> | undefined;
  #generation = 0;

  constructor(files: GeoFiles) {
    this.#files = files;
  }

  /** The files that are configured; what changes them may call `load` (services/runtime/file-watch.ts tells). */
  get paths(): readonly string[] {
    return [this.#files.cityFile, this.#files.asnFile].filter((path) => path !== undefined);
  }

  get generation(): number {
    return this.#generation;
  }

  /** Reads the files, at the start and again after a change. Throws where one cannot be read; what was read before stays. */
  async load(): Promise<void> {
    const { cityFile, asnFile } = this.#files;
    const city = cityFile === undefined ? undefined : new Reader<CityResponse>(await readFile(cityFile));
    const asn = asnFile === undefined ? undefined : new Reader<AsnResponse>(await readFile(asnFile));
    this.#city = city;
    this.#asn = asn;
    this.#generation++;
  }

  city(ip: string): CityResponse | undefined {
    return this.#city?.get(ip) ?? undefined;
  }

  asn(ip: string): AsnResponse | undefined {
    return this.#asn?.get(ip) ?? undefined;
  }
}

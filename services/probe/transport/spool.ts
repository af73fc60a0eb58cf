import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { DeliveryFacts } from './delivery.ts';
import { parseSpoolFileName, spoolFileName } from './spool-file-name.ts';

/** A delivery in the spool. */
export interface SpooledDelivery {
  readonly name: string;
  readonly facts: DeliveryFacts;
  /** Written by an earlier run of the probe, so that nobody knows whether it is whole. */
  readonly isOld: boolean;
}

const UNFINISHED = '.unfinished';
const NEWLINE = 0x0a;
/** Room for the header line. */
const HEADER_BYTES = 64 * 1024;

const inflate = promisify(gunzip);

/**
 * A folder of deliveries, a file each, which outlives the probe. A file gets its name when it is whole. It is not
 * forced to the disk: the folder outlives the process, and what a machine's crash damages is found by its checksum.
 */
export class Spool {
  readonly #directory: string;
  readonly #run: string;
  #written = 0;

  /** @param run eight hexadecimal digits of this run of the probe */
  constructor(directory: string, run: string) {
    this.#directory = directory;
    this.#run = run;
  }

  /** Makes the folder where it is missing; what earlier runs left in it, oldest first, and how many files were cut off. */
  async open(): Promise<{ readonly left: readonly SpooledDelivery[]; readonly unfinished: number }> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const names = (await readdir(this.#directory)).sort();
    const unfinished = names.filter((name) => name.endsWith(UNFINISHED));
    for (const name of unfinished) await this.remove(name);
    const left = names.flatMap((name): readonly SpooledDelivery[] => {
      const facts = parseSpoolFileName(name);
      return facts === undefined ? [] : [{ name, facts, isOld: true }];
    });
    return { left, unfinished: unfinished.length };
  }

  async write(facts: DeliveryFacts, body: Uint8Array): Promise<SpooledDelivery> {
    const name = spoolFileName(facts, this.#run, ++this.#written);
    const path = join(this.#directory, name);
    try {
      await writeFile(`${path}${UNFINISHED}`, body, { mode: 0o600 });
      await rename(`${path}${UNFINISHED}`, path);
    } catch (error) {
      await rm(`${path}${UNFINISHED}`, { force: true }).catch(() => undefined);
      throw error;
    }
    return { name, facts, isOld: false };
  }

  /** The body; undefined where it is damaged or gone. */
  async read({ name, facts, isOld }: SpooledDelivery): Promise<Uint8Array | undefined> {
    const path = join(this.#directory, name);
    try {
      if ((await stat(path)).size !== facts.bodyBytes) return undefined;
      const body = await readFile(path);
      return isOld && !(await isWhole(body, facts)) ? undefined : body;
    } catch {
      return undefined;
    }
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.#directory, name), { force: true });
  }
}

/** Its checksum holds, and it has as many lines as its name says, and the header. */
async function isWhole(body: Uint8Array, facts: DeliveryFacts): Promise<boolean> {
  const text = await inflate(body, { maxOutputLength: facts.eventBytes + HEADER_BYTES });
  let lines = 0;
  for (let at = text.indexOf(NEWLINE); at >= 0; at = text.indexOf(NEWLINE, at + 1)) lines++;
  return lines === facts.events + 1;
}

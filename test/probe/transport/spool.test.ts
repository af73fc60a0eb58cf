import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import type { DeliveryFacts } from '../../../services/probe/transport/delivery.ts';
import { deflateBlock, gzipOf } from '../../../services/probe/transport/gzip-blocks.ts';
import { Spool } from '../../../services/probe/transport/spool.ts';
import { parseSpoolFileName, spoolFileName } from '../../../services/probe/transport/spool-file-name.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';
import { numberedLines } from '../../support/numbered-lines.ts';

const FACTS: DeliveryFacts = {
  sequence: 7,
  createdMs: 1_768_471_390_123,
  events: 20,
  eventBytes: 2000,
  bodyBytes: 345,
  isFinal: false,
};

describe('the name of a file', () => {
  test.each([
    [FACTS, '001768471390123-00c0ffee-000000007-3-20-2000-345.ndjson.gz'],
    [{ ...FACTS, isFinal: true }, '001768471390123-00c0ffee-000000007-3-20-2000-345-final.ndjson.gz'],
    [{ ...FACTS, events: 0, eventBytes: 0 }, '001768471390123-00c0ffee-000000007-3-0-0-345.ndjson.gz'],
  ])('%j is %s', (facts, name) => {
    expect(spoolFileName(facts, '00c0ffee', 3)).toBe(name);
    expect(parseSpoolFileName(name)).toEqual({ ...facts, isFinal: false });
  });

  test.each([
    '',
    'notes.txt',
    '.x',
    '001768471390123-00c0ffee-000000007-3-20-2000.ndjson.gz',
    'a.unfinished',
  ])('%j is of another file', (name) => expect(parseSpoolFileName(name)).toBeUndefined());

  test('sorts by age, and the parts of a delivery in their order', () => {
    const names = [
      spoolFileName({ ...FACTS, createdMs: 999_999_999_999 }, 'ffffffff', 1),
      spoolFileName({ ...FACTS, sequence: 9 }, '00000000', 8),
      spoolFileName({ ...FACTS, sequence: 10 }, '00000000', 9),
      spoolFileName({ ...FACTS, createdMs: FACTS.createdMs + 1, sequence: 1 }, '00000000', 2),
    ];
    expect(names.toSorted()).toEqual(names);
  });
});

let folder: TemporaryFolder;
let directory: string;

beforeEach(() => {
  folder = new TemporaryFolder();
  directory = join(folder.path, 'deep', 'spool');
});
afterEach(() => folder.remove());

async function bodyOf(events: number): Promise<Buffer> {
  const text = Buffer.concat([Buffer.from('{"header":1}\n'), numberedLines(0, events, 100)]);
  return gzipOf([await deflateBlock(text, 1)]);
}

/** A spool with one delivery of 20 events in it, and a second one of a later run. */
async function withOneFile() {
  const spool = new Spool(directory, 'aaaaaaaa');
  await spool.open();
  const body = await bodyOf(20);
  const file = await spool.write({ ...FACTS, bodyBytes: body.length }, body);
  const later = new Spool(directory, 'bbbbbbbb');
  return { spool, file, body, later, path: join(directory, file.name) };
}

describe('a delivery', () => {
  it('is what it was, in this run and in a later one', async () => {
    const { spool, file, body, later } = await withOneFile();
    expect(await spool.read(file)).toEqual(body);
    const { left, unfinished } = await later.open();
    expect(unfinished).toBe(0);
    expect(left).toEqual([{ name: file.name, facts: { ...FACTS, bodyBytes: body.length }, isOld: true }]);
    expect(await later.read(left[0])).toEqual(body);
    await later.remove(file.name);
    await later.remove(file.name);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('is for nobody else to read', async () => {
    const { path } = await withOneFile();
    expect(readFileSync(path).length).toBeGreaterThan(0);
    const { statSync } = await import('node:fs');
    expect([statSync(path).mode & 0o777, statSync(directory).mode & 0o777]).toEqual([0o600, 0o700]);
  });

  it.each([
    ['cut off', (path: string) => truncateSync(path, 100)],
    ['empty', (path: string) => truncateSync(path, 0)],
    ['longer', (path: string) => writeFileSync(path, 'more', { flag: 'a' })],
    ['changed', (path: string) => writeFileSync(path, readFileSync(path).fill(7, 40, 60))],
    ['no gzip', (path: string) => writeFileSync(path, Buffer.alloc(readFileSync(path).length))],
  ])('that is %s is none', async (_, damage) => {
    const { later, path } = await withOneFile();
    damage(path);
    const { left } = await later.open();
    expect(await later.read(left[0])).toBeUndefined();
  });

  it('whose name tells of other events is none', async () => {
    const { later, path, body } = await withOneFile();
    writeFileSync(
      join(directory, spoolFileName({ ...FACTS, events: 19, bodyBytes: body.length }, 'aaaaaaaa', 2)),
      body,
    );
    const { left } = await later.open();
    expect(left.length).toBe(2);
    const bodies = await Promise.all(left.map((file) => later.read(file)));
    expect(bodies.filter((each) => each === undefined).length).toBe(1);
    expect(existsSync(path)).toBe(true);
  });

  it('that is gone is none', async () => {
    const { spool, file } = await withOneFile();
    await spool.remove(file.name);
    expect(await spool.read(file)).toBeUndefined();
  });
});

describe('a folder', () => {
  it('with files that a killed probe was writing is cleaned of them', async () => {
    const { later, path } = await withOneFile();
    writeFileSync(`${path}2.unfinished`, 'half');
    expect((await later.open()).unfinished).toBe(1);
    expect(readdirSync(directory).length).toBe(1);
  });

  it('keeps files of others', async () => {
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'notes.txt'), 'mine');
    expect(await new Spool(directory, 'aaaaaaaa').open()).toEqual({ left: [], unfinished: 0 });
    expect(readdirSync(directory)).toEqual(['notes.txt']);
  });

  it('that cannot be written to says so, and nothing is left in it', async () => {
    const { spool, file } = await withOneFile();
    mkdirSync(join(directory, `${spoolFileName(FACTS, 'aaaaaaaa', 2)}.unfinished`));
    await expect(spool.write(FACTS, await bodyOf(1))).rejects.toThrow(/EISDIR/);
    chmodSync(directory, 0o700);
    expect(readdirSync(directory).filter((name) => name.endsWith('.gz'))).toEqual([file.name]);
  });
});

import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { AddressBook } from '../../../services/enrichment/locate/address.ts';
import { GeoDatabase } from '../../../services/enrichment/locate/geo-database.ts';
import { Locator } from '../../../services/enrichment/locate/locator.ts';
import { ASN_MMDB, CITY_MMDB } from '../../fixtures/geo-databases.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';
import { mmdb } from '../../support/mmdb-writer.ts';

const folder = new TemporaryFolder();
const book = new AddressBook(100);
const site = { name: 'here', latitude: 1, longitude: 2 };

afterAll(() => folder.remove());

function files() {
  return { cityFile: folder.fileOf(CITY_MMDB), asnFile: folder.fileOf(ASN_MMDB) };
}

describe('places', () => {
  it.each([
    ['203.0.113.9', { geo: { city_name: 'Zürich', region_iso_code: 'CH-ZH' }, as: { number: 64_500 } }],
    ['2600::1', { geo: { country_iso_code: 'US' } }],
    ['198.51.100.1', {}],
    ['10.0.0.1', { geo: { name: 'here', location: { lat: 1, lon: 2 } } }],
    ['127.0.0.1', {}],
    ['224.0.0.1', {}],
  ])('of %s', async (ip, expected) => {
    const database = new GeoDatabase(files());
    await database.load();
    const place = JSON.parse(`{${new Locator(database, site).locate(new AddressBook(9).read(ip)!)}}`);
    expect(place).toMatchObject(expected);
    expect(Object.keys(place)).toEqual(Object.keys(expected));
  });

  it('are new after a reload, and stay where the new file is damaged', async () => {
    const paths = files();
    const database = new GeoDatabase(paths);
    await database.load();
    const locator = new Locator(database, undefined);
    const address = book.read('203.0.113.9')!;
    expect(locator.locate(address)).toContain('"CH"');
    writeFileSync(
      paths.cityFile,
      mmdb('GeoLite2-Country', { '203.0.113.0/24': { country: { iso_code: 'AT' } } }),
    );
    await database.load();
    expect(locator.locate(address)).toContain('"AT"');
    writeFileSync(paths.cityFile, 'no database');
    await expect(database.load()).rejects.toThrow();
    expect(locator.locate(address)).toContain('"AT"');
  });

  it('are unknown without files', async () => {
    const database = new GeoDatabase({});
    await database.load();
    expect(database.paths).toEqual([]);
    expect(new Locator(database, undefined).locate(book.read('198.51.100.1')!)).toBe('');
  });
});

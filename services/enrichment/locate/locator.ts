import type { AsnResponse, CityResponse } from 'maxmind';
import type { Address } from './address.ts';
import type { GeoSource } from './geo-database.ts';

/** Where the private addresses are. */
export interface Site {
  readonly name: string | undefined;
  readonly latitude: number;
  readonly longitude: number;
}

/** `geo` and `as` of an end as members of a JSON object, ready to be put into a document: empty where nothing is known. */
export class Locator {
  readonly #source: GeoSource | undefined;
  readonly #site: string;

  constructor(source: GeoSource | undefined, site: Site | undefined) {
    this.#source = source;
    this.#site = site === undefined ? '' : `"geo":${JSON.stringify(siteFields(site))}`;
  }

  locate(address: Address): string {
    if (address.scope === 'private') return this.#site;
    const source = this.#source;
    if (source === undefined || address.scope === 'special') return '';
    const known = address.place;
    if (known !== undefined && known.generation === source.generation) return known.members;
    const members = membersOf(source.city(address.text), source.asn(address.text));
    address.place = { generation: source.generation, members };
    return members;
  }
}

function siteFields({ name, latitude, longitude }: Site): object {
  return { name, location: { lat: latitude, lon: longitude } };
}

function membersOf(city: CityResponse | undefined, asn: AsnResponse | undefined): string {
  const geo = city === undefined ? '' : JSON.stringify(geoFields(city));
  const members = geo === '' || geo === '{}' ? [] : [`"geo":${geo}`];
  if (asn !== undefined) members.push(`"as":${JSON.stringify(asFields(asn))}`);
  return members.join(',');
}

/** Fields of ECS; undefined ones are left out of JSON. */
function geoFields({ city, continent, country, location, subdivisions }: CityResponse): object {
  const region = subdivisions?.[0];
  return {
    continent_code: continent?.code,
    continent_name: continent?.names?.en,
    country_iso_code: country?.iso_code,
    country_name: country?.names?.en,
    region_iso_code: region === undefined ? undefined : `${country?.iso_code}-${region.iso_code}`,
    region_name: region?.names?.en,
    city_name: city?.names?.en,
    location: location === undefined ? undefined : { lat: location.latitude, lon: location.longitude },
  };
}

function asFields(asn: AsnResponse): object {
  return {
    number: asn.autonomous_system_number,
    organization: { name: asn.autonomous_system_organization },
  };
}

import { expect } from 'vitest';
import type { EventFields } from './events-and-hosts.ts';
import {
  addressDetailsRequest,
  hostsRequest,
  isDrawnAsFlow,
  RENDERED_FIELDS,
  seenRequest,
  timelineRequest,
} from './events-and-hosts.ts';
import {
  eventsHistogramRequest,
  networkEventsRequest,
  networkOverviewRequest,
  uniqueFlowIdsRequest,
  uniquePrivateIpsRequest,
} from './network-kpis.ts';
import { mapBoundsRequest, mapLinesRequest } from './network-map.ts';
import { topCountriesRequest, topFlowCountRequest, topFlowRequest } from './network-tables.ts';
import type { Aggregation, Bucket, Scope, Search } from './security-search.ts';
import { valueIn } from './security-search.ts';
import type { End, TrueFlow, Truth } from './true-flow.ts';
import { countOf, groupBy, opposite, sumOf } from './true-flow.ts';

/** A page of Kibana Security, and what it must say of traffic that is known. */
export interface SecurityCheck {
  readonly name: string;
  /** Throws where an answer differs from the truth, however the documents came into the index. */
  readonly check: (search: Search, scope: Scope, truth: Truth) => Promise<void>;
}

const ENDS: readonly End[] = ['source', 'destination'];
/** More than there are. */
const ALL = 1000;
const PRIVATE = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|fd)/;

export const SECURITY_CHECKS: readonly SecurityCheck[] = [
  ...ENDS.flatMap(
    (end) =>
      [
        {
          name: `table of ${end} IPs`,
          check: (search, scope, truth) => checkTopFlows(search, scope, truth, end),
        },
        {
          name: `${end} IPs in other orders`,
          check: (search, scope, truth) => checkOrders(search, scope, truth, end),
        },
        {
          name: `${end} countries`,
          check: (search, scope, truth) => checkCountries(search, scope, truth, end),
        },
        {
          name: `unique private ${end} IPs`,
          check: (search, scope, truth) => checkPrivate(search, scope, truth, end),
        },
      ] satisfies SecurityCheck[],
  ),
  { name: 'network events', check: checkNetworkEvents },
  { name: 'unique flow ids', check: checkFlowIds },
  { name: 'events over time', check: checkHistogram },
  { name: 'overview', check: checkOverview },
  { name: 'map', check: checkMap },
  { name: 'Timeline', check: checkTimeline },
  { name: 'hosts', check: checkHosts },
  { name: 'address details', check: checkDetails },
];

interface Row {
  readonly key: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly flows: number;
  readonly others: number;
}

function trueRows(
  flows: readonly TrueFlow[],
  end: End,
  keyOf: (flow: TrueFlow) => string | undefined,
): Row[] {
  return [...groupBy(flows, keyOf)].map(([key, group]) => ({
    key,
    bytesIn: sumOf(group, (flow) => flow[opposite(end)].bytes),
    bytesOut: sumOf(group, (flow) => flow[end].bytes),
    flows: countOf(group, (flow) => flow.communityId),
    others: countOf(group, (flow) => flow[opposite(end)].ip),
  }));
}

function answeredRow(bucket: Bucket, others: string): Row {
  return {
    key: String(bucket.key),
    bytesIn: valueIn(bucket, 'bytes_in') ?? Number.NaN,
    bytesOut: valueIn(bucket, 'bytes_out') ?? Number.NaN,
    flows: valueIn(bucket, 'flows') ?? Number.NaN,
    others: valueIn(bucket, others) ?? Number.NaN,
  };
}

const byKey = (a: Row, b: Row): number => (a.key < b.key ? -1 : 1);

async function bucketsOf(
  search: Search,
  body: Parameters<Search>[0],
  name: string,
): Promise<readonly Bucket[]> {
  return (await search(body)).aggregations?.[name]?.buckets ?? [];
}

async function checkTopFlows(search: Search, scope: Scope, { records }: Truth, end: End): Promise<void> {
  const request = topFlowRequest(scope, { end, size: ALL, order: { bytes_out: 'desc' } });
  const buckets = await bucketsOf(search, request, end);
  const rows = buckets.map((bucket) => answeredRow(bucket, `${opposite(end)}_ips`));
  expect(rows.toSorted(byKey)).toEqual(trueRows(records, end, (flow) => flow[end].ip).sort(byKey));
  expect(rows.map((row) => row.bytesOut)).toEqual(rows.map((row) => row.bytesOut).sort((a, b) => b - a));
  const count = await search(topFlowCountRequest(scope, end));
  expect(count.aggregations?.top_n_flow_count?.value).toBe(rows.length);
  for (const bucket of buckets) {
    const known = records.filter((flow) => flow[end].ip === bucket.key).map((flow) => flow[end]);
    const domains = (bucket.domain as Aggregation).buckets ?? [];
    expect(domains.map(({ key }) => key).sort()).toEqual(
      [...new Set(known.flatMap(({ domain }) => domain ?? []))].sort(),
    );
    const { place } = known[0];
    const geo = nested(bucket, 'location', 'top_geo');
    expect(geo?.[`${end}.geo.location`] !== undefined).toBe(place !== undefined);
    expect(geo?.[`${end}.geo.country_iso_code`]).toEqual(place?.country && [place.country]);
    const as = nested(bucket, 'autonomous_system', 'top_as');
    expect(as?.[`${end}.as.number`]).toEqual(place?.asn && [place.asn.number]);
    expect(as?.[`${end}.as.organization.name`]).toEqual(place?.asn && [place.asn.name]);
  }
}

/** Fields of the one hit in an aggregation below another one. */
function nested(bucket: Bucket | Aggregation, name: string, inner: string): EventFields | undefined {
  const outer = (bucket as Bucket)[name] as Bucket | undefined;
  return (outer?.[inner] as Aggregation | undefined)?.hits?.hits[0]?.fields;
}

/** As the page asks at first: ten rows, by each of its columns. */
async function checkOrders(search: Search, scope: Scope, { records }: Truth, end: End): Promise<void> {
  const others = `${opposite(end)}_ips`;
  const columns = [
    ['bytes_in', 'bytesIn'],
    ['bytes_out', 'bytesOut'],
    ['flows', 'flows'],
    [others, 'others'],
  ] as const;
  const all = trueRows(records, end, (flow) => flow[end].ip);
  for (const [column, field] of columns) {
    const buckets = await bucketsOf(
      search,
      topFlowRequest(scope, { end, size: 10, order: { [column]: 'desc' } }),
      end,
    );
    const values = buckets.map((bucket) => answeredRow(bucket, others)[field]);
    expect(values).toEqual(
      all
        .map((row) => row[field])
        .sort((a, b) => b - a)
        .slice(0, 10),
    );
  }
}

async function checkCountries(search: Search, scope: Scope, { records }: Truth, end: End): Promise<void> {
  const request = topCountriesRequest(scope, { end, size: ALL, order: { bytes_out: 'desc' } });
  const rows = (await bucketsOf(search, request, end)).map((bucket) =>
    answeredRow(bucket, `${opposite(end)}_ips`),
  );
  const expected = trueRows(records, end, (flow) => flow[end].place?.country).sort(byKey);
  expect(rows.toSorted(byKey)).toEqual(expected);
}

async function checkPrivate(search: Search, scope: Scope, { records }: Truth, end: End): Promise<void> {
  const answer = await search(uniquePrivateIpsRequest(scope, end));
  const found = (answer.aggregations?.private as { readonly ips?: Aggregation } | undefined)?.ips?.value;
  const known = records.map((flow) => flow[end].ip).filter((ip) => PRIVATE.test(ip));
  expect(found).toBe(new Set(known).size);
}

async function checkNetworkEvents(search: Search, scope: Scope, { records }: Truth): Promise<void> {
  expect((await search(networkEventsRequest(scope))).hits.total?.value).toBe(records.length);
}

async function checkFlowIds(search: Search, scope: Scope, { records }: Truth): Promise<void> {
  const { aggregations } = await search(uniqueFlowIdsRequest(scope));
  expect(aggregations?.flows?.value).toBe(countOf(records, ({ communityId }) => communityId));
}

async function checkHistogram(search: Search, scope: Scope, { records }: Truth): Promise<void> {
  const actions = await bucketsOf(search, eventsHistogramRequest(scope, '10s'), 'actions');
  expect(actions.map(({ key }) => key)).toEqual(['network_flow']);
  const times = ((actions[0].events as Aggregation).buckets ?? []).filter((bucket) => bucket.doc_count > 0);
  const known = [...groupBy(records, ({ at }) => at)].map(([at, group]) => [Date.parse(at), group.length]);
  expect(times.map((bucket) => [bucket.key, bucket.doc_count])).toEqual(known.sort(([a], [b]) => a - b));
}

async function checkOverview(search: Search, scope: Scope, { records }: Truth): Promise<void> {
  const { aggregations = {} } = await search(networkOverviewRequest(scope));
  const { unique_flow_count: flows, ...rest } = aggregations;
  expect(flows?.doc_count).toBe(records.length);
  for (const other of Object.values(rest)) expect(other?.doc_count).toBe(0);
}

/** Tiles so small that each place is in one of its own. */
const SMALL_TILES = 10;

async function checkMap(search: Search, scope: Scope, { records }: Truth): Promise<void> {
  const located = records.filter(({ source, destination }) => source.place && destination.place);
  const lines = (await bucketsOf(search, mapLinesRequest(scope, SMALL_TILES), 'destSplit')).flatMap((to) =>
    ((to.sourceGrid as Aggregation).buckets ?? []).map((from) => ({
      flows: from.doc_count,
      sourceBytes: valueIn(from, 'sum_of_source_bytes'),
      destinationBytes: valueIn(from, 'sum_of_destination_bytes'),
    })),
  );
  const known = [
    ...groupBy(located, ({ source, destination }) =>
      [source.place, destination.place].map((place) => `${place?.lat},${place?.lon}`).join(' '),
    ).values(),
  ].map((group) => ({
    flows: group.length,
    sourceBytes: sumOf(group, ({ source }) => source.bytes),
    destinationBytes: sumOf(group, ({ destination }) => destination.bytes),
  }));
  const bySize = (a: (typeof known)[number], b: (typeof known)[number]): number =>
    a.flows - b.flows || a.destinationBytes - b.destinationBytes;
  expect((lines as typeof known).sort(bySize)).toEqual(known.sort(bySize));
  const { aggregations } = await search(mapBoundsRequest(scope));
  if (located.length > 0) expect(aggregations?.destFitToBounds?.bounds).toBeDefined();
}

async function checkTimeline(search: Search, scope: Scope, { records }: Truth): Promise<void> {
  const size = 500;
  const events: EventFields[] = [];
  for (let from = 0; from < records.length; from += size) {
    const { hits } = await search(timelineRequest(scope, from, size));
    expect(hits.total?.value).toBe(records.length);
    events.push(...hits.hits.map(({ fields }) => fields));
  }
  const line = (...parts: readonly unknown[]): string => parts.join(' ');
  const shown = events.map((fields) => {
    expect(isDrawnAsFlow(fields)).toBe(true);
    expect(RENDERED_FIELDS.filter((name) => fields[name]?.length !== 1)).toEqual([]);
    const [value] = RENDERED_FIELDS.map((name) => fields[name][0]);
    return line(
      value,
      ...[
        'source.bytes',
        'destination.ip',
        'destination.bytes',
        'network.community_id',
        'network.transport',
      ].map((name) => fields[name][0]),
    );
  });
  const known = records.map(({ source, destination, communityId, transport }) =>
    line(source.ip, source.bytes, destination.ip, destination.bytes, communityId, transport),
  );
  expect(shown.sort()).toEqual(known.sort());
}

async function checkHosts(search: Search, scope: Scope, { records }: Truth): Promise<void> {
  const { aggregations } = await search(hostsRequest(scope, ALL));
  const hosts = (aggregations?.host_data?.buckets ?? []).map((bucket) => [
    bucket.key,
    valueIn(bucket, 'lastSeen'),
    bucket.doc_count,
  ]);
  const known = [...groupBy(records, ({ host }) => host)].map(([host, group]) => [
    host,
    Math.max(...group.map(({ at }) => Date.parse(at))),
    group.length,
  ]);
  expect(hosts.sort()).toEqual(known.sort());
  expect(aggregations?.host_count?.value).toBe(known.length);
}

async function checkDetails(search: Search, scope: Scope, { records }: Truth): Promise<void> {
  const ends = records.flatMap(({ source, destination }) => [source, destination]);
  const withNet = ends.find(({ place }) => place?.asn !== undefined) ?? ends[0];
  const { ip, place } = withNet;
  const seen = records.filter(({ source, destination }) => source.ip === ip || destination.ip === ip);
  const { aggregations = {} } = await search(addressDetailsRequest(scope.filter, ip));
  const countries = ENDS.flatMap(
    (end) => nested(aggregations[end] ?? {}, 'geo', 'results')?.[`${end}.geo.country_iso_code`] ?? [],
  );
  const numbers = ENDS.flatMap(
    (end) => nested(aggregations[end] ?? {}, 'as', 'results')?.[`${end}.as.number`] ?? [],
  );
  expect([...new Set(countries)]).toEqual(place?.country === undefined ? [] : [place.country]);
  expect([...new Set(numbers)]).toEqual(place?.asn === undefined ? [] : [place.asn.number]);
  const times = seen.map(({ at }) => at).sort();
  for (const [order, at] of [
    ['asc', times[0]],
    ['desc', times.at(-1)],
  ] as const) {
    const [hit] = (await search(seenRequest(scope.filter, ip, order))).hits.hits;
    expect(hit.fields['@timestamp']).toEqual([at]);
  }
}

import * as z from 'zod/mini';
import { promotedLabelsProblem } from '../../enrichment/identify/promoted-labels.ts';
import { parseRange } from '../../enrichment/locate/address.ts';
import { duration, flag, list, oneOf, reader, text } from '../../runtime/config-values.ts';

/** `52.52,13.4` or `52.52,13.4,Berlin`. */
const site = reader('a latitude, a longitude and perhaps a name, such as 52.52,13.40,Berlin', (word) => {
  const [, north, east, name] = /^(-?\d+(?:\.\d+)?),(-?\d+(?:\.\d+)?)(?:,(.+))?$/.exec(word) ?? [];
  const [latitude, longitude] = [Number(north), Number(east)];
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) return undefined;
  return { name: name?.trim(), latitude, longitude };
});

const range = reader('address ranges such as 203.0.113.0/24', parseRange);

/** `team` or `example.com/team=team`. */
const promotedLabel = reader('labels such as team or example.com/team=team', (word) => {
  const [, label, field = label] = /^([^=]+)(?:=([^=]+))?$/.exec(word) ?? [];
  if (label === undefined || promotedLabelsProblem([{ label, field }]) !== undefined) return undefined;
  return { label, field };
});

const dataStreamNamespace = z
  .string('text')
  .check(z.regex(/^[a-z0-9][a-z0-9_.]{0,99}$/, 'lower-case letters, digits, dots and underscores'));

/** What the documents of `flowtap enrichment` say. */
export const DOCUMENT_SETTINGS = {
  cluster: {
    flag: '--cluster <name>',
    env: 'FLOWTAP_CLUSTER',
    parse: text(),
    doc: 'name of the Kubernetes cluster, in every document and a part of its id',
  },
  clusterDomain: {
    flag: '--cluster-domain <name>',
    env: 'FLOWTAP_CLUSTER_DOMAIN',
    parse: text(),
    default: 'cluster.local',
    doc: "DNS domain of the cluster's services",
  },
  dataStreamNamespace: {
    flag: '--data-stream-namespace <name>',
    env: 'FLOWTAP_DATA_STREAM_NAMESPACE',
    parse: dataStreamNamespace,
    default: 'default',
    doc: "last part of the data streams' names, such as logs-flowtap.flow-default",
  },
  inferTranslations: {
    flag: '--infer-translations',
    env: 'FLOWTAP_INFER_TRANSLATIONS',
    parse: flag(),
    default: 'false',
    doc: "conclude from servers' records which pod answered for a service, where no resolver runs",
  },
  settleMs: {
    flag: '--settle <duration>',
    env: 'FLOWTAP_SETTLE',
    parse: duration(),
    default: '2s',
    doc: 'how long nodes may take to tell the API server of a change, before the state store counts as complete',
  },
  translationWaitMs: {
    flag: '--translation-wait <duration>',
    env: 'FLOWTAP_TRANSLATION_WAIT',
    parse: duration(),
    default: '2s',
    doc: 'how long flows to a service wait for the translation that says which pod answered',
  },
  geoCityFile: {
    flag: '--geo-city-file <path>',
    env: 'FLOWTAP_GEO_CITY_FILE',
    parse: text(),
    doc: "City or Country database in MaxMind's format, read again when it changes",
  },
  geoAsnFile: {
    flag: '--geo-asn-file <path>',
    env: 'FLOWTAP_GEO_ASN_FILE',
    parse: text(),
    doc: "ASN database in MaxMind's format, read again when it changes",
  },
  site: {
    flag: '--site <place>',
    env: 'FLOWTAP_SITE',
    parse: site,
    doc: 'where private addresses are, such as 52.52,13.40,Berlin',
  },
  internalRanges: {
    flag: '--internal-ranges <ranges>',
    env: 'FLOWTAP_INTERNAL_RANGES',
    parse: list(range),
    doc: 'public addresses that are treated as private ones, such as 203.0.113.0/24',
  },
  publicAddresses: {
    flag: '--public-addresses <treatment>',
    env: 'FLOWTAP_PUBLIC_ADDRESSES',
    parse: oneOf('keep', 'truncate', 'hash', 'drop'),
    default: 'keep',
    doc: 'what becomes of public addresses, for data protection: keep, truncate, hash or drop',
  },
  publicAddressesKeyFile: {
    flag: '--public-addresses-key-file <path>',
    env: 'FLOWTAP_PUBLIC_ADDRESSES_KEY_FILE',
    parse: text(),
    doc: 'file with the secret that makes pseudonyms of addresses and Community IDs; needed unless they are kept',
  },
  promoteLabels: {
    flag: '--promote-labels <labels>',
    env: 'FLOWTAP_PROMOTE_LABELS',
    parse: list(promotedLabel),
    doc: 'labels that get a field of their own beside the usual ones, such as example.com/team=team',
  },
} as const;

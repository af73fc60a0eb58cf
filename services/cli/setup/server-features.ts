import type { Client } from '@elastic/elasticsearch';
import { elasticsearchFailure } from '../../runtime/elasticsearch/elasticsearch-failure.ts';
import { FlowtapError } from '../../runtime/errors.ts';

/** What matters of the server's version and edition. */
export interface ServerFeatures {
  readonly version: string;
  readonly isServerless: boolean;
  /** index.mode logsdb: since 8.17, with nested fields. */
  readonly hasLogsdb: boolean;
  /** Refused documents may go to a failure store, which templates can switch off: since 8.19 and 9.1. */
  readonly hasFailureStore: boolean;
}

/** The first with data stream lifecycles and templates that tolerate missing components for good. */
const OLDEST = [8, 14] as const;

/** Throws a FlowtapError: not reached, not allowed, no Elasticsearch, too old. */
export async function readServerFeatures(client: Client): Promise<ServerFeatures> {
  let version: { readonly number: string; readonly build_flavor?: string };
  try {
    ({ version } = await client.info());
  } catch (error) {
    throw elasticsearchFailure(error, "ask for Elasticsearch's version");
  }
  const features = featuresOf(version.number, version.build_flavor);
  if (features.isServerless || isAtLeast(version.number, OLDEST)) return features;
  throw new FlowtapError(
    'ELASTICSEARCH_UNSUPPORTED',
    'setup',
    `This Elasticsearch is version ${version.number}; flowtap needs ${OLDEST.join('.')} or newer.`,
  );
}

export function featuresOf(version: string, flavor?: string): ServerFeatures {
  const isServerless = flavor === 'serverless';
  return {
    version: isServerless ? 'serverless' : version,
    isServerless,
    hasLogsdb: isServerless || isAtLeast(version, [8, 17]),
    hasFailureStore: isServerless || (isAtLeast(version, [8, 19]) && !version.startsWith('9.0.')),
  };
}

/** For files that no server was asked about. */
export const NEWEST_FEATURES: ServerFeatures = {
  version: '',
  isServerless: false,
  hasLogsdb: true,
  hasFailureStore: true,
};

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor, ownMinor] = version.split('.').map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}

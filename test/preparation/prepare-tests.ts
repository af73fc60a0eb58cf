import { elasticsearchUnavailable } from '../servers/elasticsearch.ts';
import {
  elasticsearchHome,
  elasticsearchHomeUnavailable,
  NOT_FETCHED_VARIABLE,
} from '../servers/elasticsearch-home.ts';
import { buildCapPackage } from './cap-package.ts';
import { installDebianPackages } from './debian-packages.ts';

export interface Preparation {
  /** What only some tests need and takes a minute; else they fetch it themselves. */
  readonly everything: boolean;
}

/** Gets what tests need from Debian, npm and Maven; a few milliseconds where it is there. What is not, they skip. */
export async function prepareTests({ everything }: Preparation): Promise<void> {
  const log = (line: string): void => console.log(line);
  installDebianPackages(log);
  buildCapPackage(log);
  if (!everything || process.env.FLOWTAP_TEST_ELASTICSEARCH_URL || elasticsearchUnavailable() !== undefined)
    return;
  try {
    await elasticsearchHome(log);
  } catch (error) {
    process.env[NOT_FETCHED_VARIABLE] = `Elasticsearch could not be fetched: ${firstLine(error)}`;
    log(String(elasticsearchHomeUnavailable()));
  }
}

function firstLine(error: unknown): string {
  const { message } = error instanceof Error ? error : { message: String(error) };
  return message.split('\n')[0];
}

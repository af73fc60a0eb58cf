import type { Client } from '@elastic/elasticsearch';
import {
  elasticsearchFailure,
  isUnknownEndpoint,
} from '../../runtime/elasticsearch/elasticsearch-failure.ts';
import type { DataStream } from './data-streams.ts';
import { findStreams, streamPattern } from './data-streams.ts';
import type { SetupStep } from './setup-step.ts';
import { settingsComponent } from './template-options.ts';
import type { IndexTemplate, TemplateSet } from './template-set.ts';

export interface UpgradeOptions {
  readonly namespace: string | undefined;
  readonly isDryRun: boolean;
  /** Index templates of which the retention changed, or was named. */
  readonly retentionChanged: ReadonlySet<string>;
  /** Index templates that stayed as they were because a newer one is there, or failed. */
  readonly kept: ReadonlySet<string>;
}

/**
 * Gives data streams that are there an index made from the templates as they are now (by rollover: what was written
 * stays in the old one and is found as before), and their new retention, which templates give to new streams only.
 */
export async function upgradeStreams(
  client: Client,
  set: TemplateSet,
  options: UpgradeOptions,
): Promise<SetupStep[]> {
  const steps: SetupStep[] = [];
  for (const [name, template] of set.indexTemplates) {
    if (options.kept.has(name)) continue;
    const pattern = streamPattern(template, options.namespace);
    try {
      const { streams, plainIndices } = await findStreams(client, pattern);
      for (const index of plainIndices) steps.push(plainIndex(index));
      for (const stream of streams) {
        steps.push(await rollOver(client, stream, template, options.isDryRun));
        if (!options.retentionChanged.has(name)) continue;
        const retention = set.components.get(settingsComponent(name))?.template.lifecycle?.data_retention;
        steps.push(await setRetention(client, stream, retention, options.isDryRun));
      }
    } catch (error) {
      const detail = elasticsearchFailure(error, 'look for data streams').message;
      steps.push({ kind: 'data_stream', name: pattern, outcome: 'failed', detail });
    }
  }
  return steps;
}

function plainIndex(name: string): SetupStep {
  const detail =
    'is an index where a data stream has to be: somebody wrote before the templates were there. Move or delete it.';
  return { kind: 'data_stream', name, outcome: 'failed', detail };
}

async function rollOver(
  client: Client,
  { name, revision }: DataStream,
  template: IndexTemplate,
  isDryRun: boolean,
): Promise<SetupStep> {
  const kind = 'data_stream';
  if (revision !== undefined && revision === template._meta.revision)
    return { kind, name, outcome: 'unchanged' };
  try {
    if (!isDryRun) await client.indices.rollover({ alias: name });
    return { kind, name, outcome: 'rolled_over' };
  } catch (error) {
    return { kind, name, outcome: 'failed', detail: elasticsearchFailure(error, 'roll it over').message };
  }
}

async function setRetention(
  client: Client,
  { name }: DataStream,
  retention: string | undefined,
  isDryRun: boolean,
): Promise<SetupStep> {
  const kind = 'lifecycle';
  const detail = retention ?? 'unlimited';
  try {
    if (!isDryRun) {
      const path = `/_data_stream/${name}/_lifecycle`;
      await client.transport.request({
        method: 'PUT',
        path,
        body: retention === undefined ? {} : { data_retention: retention },
      });
    }
    return { kind, name, outcome: 'updated', detail };
  } catch (error) {
    if (isUnknownEndpoint(error)) {
      return {
        kind,
        name,
        outcome: 'skipped',
        detail: 'this Elasticsearch has no lifecycles of data streams',
      };
    }
    return {
      kind,
      name,
      outcome: 'failed',
      detail: elasticsearchFailure(error, 'set its retention').message,
    };
  }
}

import type { ServerFeatures } from './server-features.ts';
import type { ComponentTemplate, TemplateBody, TemplateSet } from './template-set.ts';

/** Streams that have a retention of their own: `flow` for the template `flowtap-flow`. */
export const STREAMS = ['flow', 'peer', 'probe', 'deadletter'] as const;
export type Stream = (typeof STREAMS)[number];

/** What a user may choose of the templates. Undefined: what is installed, else what the files say. */
export interface TemplateOptions {
  /** As Elasticsearch writes it, or `unlimited`. */
  readonly retention: Readonly<Partial<Record<Stream, string | undefined>>>;
  readonly replicas?: number | undefined;
  readonly shards?: number | undefined;
  readonly indexMode?: 'logsdb' | 'standard' | undefined;
}

export const UNLIMITED = 'unlimited';

const SETTINGS_OF = /^[\w.-]+-(\w+)@settings$/;

/** Where the retention of a stream stands. */
export function settingsComponent(indexTemplate: string): string {
  return `${indexTemplate}@settings`;
}

/**
 * The set with what was chosen, now or when it was installed before, and without what the server does not know.
 *
 * @param installed templates on the server by name; nothing where there is no server
 */
export function chooseTemplates(
  set: TemplateSet,
  options: TemplateOptions,
  features: ServerFeatures,
  installed: ReadonlyMap<string, TemplateBody> = new Map(),
): TemplateSet {
  const components = [...set.components].map(([name, component]): [string, ComponentTemplate] => {
    const stream = SETTINGS_OF.exec(name)?.[1] as Stream | undefined;
    if (stream === undefined) return [name, component];
    const former = installed.get(name);
    return [name, { ...component, template: choose(component.template, stream, options, features, former) }];
  });
  return { ...set, components: new Map(components) };
}

function choose(
  template: TemplateBody,
  stream: Stream,
  options: TemplateOptions,
  features: ServerFeatures,
  former: TemplateBody | undefined,
): TemplateBody {
  const { data_stream_options: streamOptions, ...rest } = template;
  const index = { ...template.settings?.index };
  const formerIndex = former?.settings?.index ?? {};
  const isLogs = index.mode === 'logsdb';
  if (isLogs)
    index.mode = features.hasLogsdb ? (options.indexMode ?? formerIndex.mode ?? index.mode) : 'standard';
  if (!features.isServerless) {
    const replicas = options.replicas ?? formerIndex.number_of_replicas;
    const shards = options.shards ?? (stream === 'flow' ? formerIndex.number_of_shards : undefined);
    if (replicas !== undefined) index.number_of_replicas = Number(replicas);
    if (shards !== undefined && stream === 'flow') index.number_of_shards = Number(shards);
  }
  const retention =
    options.retention[stream] ?? formerRetention(former) ?? template.lifecycle?.data_retention;
  return {
    ...rest,
    settings: { index },
    lifecycle: retention === undefined || retention === UNLIMITED ? {} : { data_retention: retention },
    ...(features.hasFailureStore && { data_stream_options: streamOptions }),
  };
}

function formerRetention(former: TemplateBody | undefined): string | undefined {
  if (former?.lifecycle === undefined) return undefined;
  return former.lifecycle.data_retention ?? UNLIMITED;
}

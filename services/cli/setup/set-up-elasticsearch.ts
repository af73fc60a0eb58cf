import type { Client } from '@elastic/elasticsearch';
import { elasticsearchFailure } from '../../runtime/elasticsearch/elasticsearch-failure.ts';
import { checkPrecedence } from './check-precedence.ts';
import { checkPrivileges } from './check-privileges.ts';
import type { EdgeSet } from './edges/edge-set.ts';
import { EDGE_ROLE, withEdgeRetention } from './edges/edge-set.ts';
import { formerEdgeRetention, installEdges, removeEdges } from './edges/set-up-edges.ts';
import { installTemplates } from './install-templates.ts';
import { formerChoices, readInstalled } from './installed-templates.ts';
import { removeTemplates } from './remove-templates.ts';
import type { ServerFeatures } from './server-features.ts';
import { readServerFeatures } from './server-features.ts';
import type { SetupStep } from './setup-step.ts';
import { isChange } from './setup-step.ts';
import type { Stream, TemplateOptions } from './template-options.ts';
import { chooseTemplates, STREAMS, settingsComponent, UNLIMITED } from './template-options.ts';
import { withRevisions } from './template-revision.ts';
import type { TemplateSet } from './template-set.ts';
import { upgradeStreams } from './upgrade-streams.ts';

export interface SetupOptions {
  readonly client: Client;
  readonly set: TemplateSet;
  readonly choices: TemplateOptions;
  /** Only the streams of this one are upgraded; templates are for all. */
  readonly namespace: string | undefined;
  readonly isDryRun: boolean;
  readonly isForced: boolean;
  /** The edges that are made of flows, too; undefined: as they are. */
  readonly edges?: { readonly set: EdgeSet; readonly retention: string | undefined } | undefined;
  /** Takes everything away again. */
  readonly removal?: { readonly withData: boolean } | undefined;
}

export interface SetupResult {
  readonly server: ServerFeatures;
  readonly steps: readonly SetupStep[];
}

export const SETUP_ROLE = 'flowtap-setup';

/** Brings Elasticsearch to this version's templates. May be called again, and by several at once. Throws a FlowtapError. */
export async function setUpElasticsearch(options: SetupOptions): Promise<SetupResult> {
  const { client, set, choices, namespace, isDryRun, edges, removal } = options;
  const server = await readServerFeatures(client);
  const role = set.roles.get(SETUP_ROLE);
  if (role !== undefined) await checkPrivileges(client, role, SETUP_ROLE);
  if (edges !== undefined && removal === undefined) await checkPrivileges(client, edges.set.role, EDGE_ROLE);
  const installed = await readInstalled(client, set);
  if (removal !== undefined) {
    // The transform reads the streams, and goes first.
    const steps = await removeEdges(client, { isDryRun, ...removal });
    steps.push(...(await removeTemplates(client, set, installed, { isDryRun, ...removal })));
    return { server, steps };
  }
  const chosen = withRevisions(chooseTemplates(set, choices, server, formerChoices(installed)));
  const steps = await installTemplates(client, chosen, installed, options);
  const kept = keptTemplates(chosen, steps);
  if (!isDryRun) steps.push(...(await precedence(options, chosen, kept)));
  const changed = new Set(steps.filter(isChange).map(({ name }) => name));
  const retentionChanged = new Set(
    [...chosen.indexTemplates.keys()].filter(
      (name) => changed.has(settingsComponent(name)) || choices.retention[streamOf(name)] !== undefined,
    ),
  );
  steps.push(...(await upgradeStreams(client, chosen, { namespace, isDryRun, retentionChanged, kept })));
  if (edges !== undefined) {
    const retention = edges.retention ?? (await formerEdgeRetention(client, UNLIMITED));
    const chosenEdges = withEdgeRetention(edges.set, retention, UNLIMITED);
    steps.push(...(await installEdges(client, chosenEdges, options)));
  }
  return { server, steps };
}

/** Index templates that are not, or not wholly, what this version wants. */
function keptTemplates(set: TemplateSet, steps: readonly SetupStep[]): ReadonlySet<string> {
  const kept = new Set(
    steps.filter(({ outcome }) => outcome === 'failed' || outcome === 'newer').map(({ name }) => name),
  );
  const templates = [...set.indexTemplates].filter(
    ([name, { composed_of: parts }]) => kept.has(name) || parts.some((part) => kept.has(part)),
  );
  return new Set(templates.map(([name]) => name));
}

async function precedence(
  { client, namespace }: SetupOptions,
  chosen: TemplateSet,
  kept: ReadonlySet<string>,
): Promise<SetupStep[]> {
  const steps: SetupStep[] = [];
  try {
    for (const [name, template] of chosen.indexTemplates) {
      const step = kept.has(name) ? undefined : await checkPrecedence(client, name, template, namespace);
      if (step !== undefined) steps.push(step);
    }
  } catch (error) {
    throw elasticsearchFailure(error, 'ask which template a new stream would get');
  }
  return steps;
}

/** `flow` of `flowtap-flow`. */
function streamOf(indexTemplate: string): Stream {
  return STREAMS.find((stream) => indexTemplate.endsWith(`-${stream}`)) ?? 'flow';
}

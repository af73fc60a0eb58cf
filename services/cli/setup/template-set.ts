import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FlowtapError } from '../../runtime/errors.ts';

/** Who made an object of the server, and in which version of it. */
export interface ManagedMeta {
  readonly managed_by?: string;
  readonly version?: number;
  readonly description?: string;
  /** Of what was sent, so that another choice of settings counts as a change too. */
  readonly revision?: string;
}

/** What a component or index template puts into an index. */
export interface TemplateBody {
  readonly settings?: { readonly index?: Readonly<Record<string, unknown>> };
  readonly mappings?: Readonly<Record<string, unknown>>;
  readonly lifecycle?: { readonly data_retention?: string };
  readonly data_stream_options?: unknown;
}

/** A component template, as it is sent. */
export interface ComponentTemplate {
  readonly _meta: ManagedMeta;
  readonly template: TemplateBody;
}

/** An index template, as it is sent. */
export interface IndexTemplate extends ComponentTemplate {
  readonly index_patterns: readonly string[];
  readonly priority: number;
  readonly data_stream: object;
  readonly composed_of: readonly string[];
  readonly ignore_missing_component_templates: readonly string[];
}

export interface Role {
  readonly cluster: readonly string[];
  readonly indices: readonly { readonly names: readonly string[]; readonly privileges: readonly string[] }[];
  readonly metadata: ManagedMeta;
}

/** The files of ecs-templates/ by their names. */
export interface TemplateSet {
  readonly components: ReadonlyMap<string, ComponentTemplate>;
  readonly indexTemplates: ReadonlyMap<string, IndexTemplate>;
  readonly roles: ReadonlyMap<string, Role>;
}

/** Beside the sources, or beside the bundle. */
const FOLDERS = [
  join(import.meta.dirname, '..', '..', '..', 'ecs-templates'),
  join(import.meta.dirname, 'ecs-templates'),
];

/** Throws a FlowtapError TEMPLATES_INVALID. */
export function readTemplateSet(folder = FOLDERS.find((candidate) => existsSync(candidate))): TemplateSet {
  if (folder === undefined) throw invalid('The folder ecs-templates is missing from this installation.');
  return {
    components: readFolder(join(folder, 'component-templates')),
    indexTemplates: readFolder(join(folder, 'index-templates')),
    roles: readFolder(join(folder, 'roles')),
  };
}

/** One file of ecs-templates/, by its path in there. Throws a FlowtapError TEMPLATES_INVALID. */
export function readTemplateFile<Content>(path: string): Content {
  const folder = FOLDERS.find((candidate) => existsSync(candidate)) ?? FOLDERS[0];
  try {
    return JSON.parse(readFileSync(join(folder, path), 'utf8')) as Content;
  } catch (cause) {
    throw invalid(`The template ${path} in ${folder} cannot be read: ${(cause as Error).message}.`, cause);
  }
}

function readFolder<Content>(folder: string): ReadonlyMap<string, Content> {
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
    return new Map(
      names
        .sort()
        .map((name) => [
          name.slice(0, -'.json'.length),
          JSON.parse(readFileSync(join(folder, name), 'utf8')),
        ]),
    );
  } catch (cause) {
    throw invalid(`The templates in ${folder} cannot be read: ${(cause as Error).message}.`, cause);
  }
}

function invalid(message: string, cause?: unknown): FlowtapError {
  return new FlowtapError('TEMPLATES_INVALID', 'setup', message, { cause });
}

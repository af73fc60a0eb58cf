import { createHash } from 'node:crypto';
import type { IndexTemplate, TemplateSet } from './template-set.ts';

/**
 * The set with a revision in each object's `_meta`. That of an index template covers its components, and stands in the
 * mappings too, so that an index tells from what it was made.
 */
export function withRevisions(set: TemplateSet): TemplateSet {
  const components = new Map(
    [...set.components].map(([name, component]) => [
      name,
      { ...component, _meta: { ...component._meta, revision: digest(component) } },
    ]),
  );
  const indexTemplates = new Map(
    [...set.indexTemplates].map(([name, template]): [string, IndexTemplate] => {
      const parts = template.composed_of.map((part) => components.get(part)?._meta.revision ?? '');
      const revision = digest([template, parts]);
      const mappings = { ...template.template.mappings, _meta: { managed_by: 'flowtap', revision } };
      return [
        name,
        {
          ...template,
          _meta: { ...template._meta, revision },
          template: { ...template.template, mappings },
        },
      ];
    }),
  );
  return { ...set, components, indexTemplates };
}

/** Long enough for two to differ; short enough to be read. */
const LENGTH = 12;

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, LENGTH);
}

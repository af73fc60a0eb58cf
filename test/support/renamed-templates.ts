import type { IndexTemplate, TemplateSet } from '../../services/cli/setup/template-set.ts';

/** The set with names and patterns of its own, so that tests that upgrade and remove leave other tests' streams alone. */
export function renamedTemplates(set: TemplateSet, name: string): TemplateSet {
  const renamed = (text: string): string => text.replace('flowtap', name);
  const template = (each: IndexTemplate): IndexTemplate => ({
    ...each,
    index_patterns: each.index_patterns.map(renamed),
    composed_of: each.composed_of.map(renamed),
    ignore_missing_component_templates: each.ignore_missing_component_templates.map(renamed),
  });
  return {
    components: new Map([...set.components].map(([key, value]) => [renamed(key), value])),
    indexTemplates: new Map([...set.indexTemplates].map(([key, value]) => [renamed(key), template(value)])),
    roles: set.roles,
  };
}

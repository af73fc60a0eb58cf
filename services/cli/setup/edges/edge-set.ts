import { createHash } from 'node:crypto';
import type { ManagedMeta, Role } from '../template-set.ts';
import { readTemplateFile } from '../template-set.ts';

type Content = Readonly<Record<string, unknown>>;

/** The index that edges are in. */
export interface EdgeIndex {
  readonly _meta: ManagedMeta;
  readonly settings: { readonly index: Content };
  readonly mappings: Content;
}

/** The transform that makes edges of flows. */
export interface EdgeTransform {
  readonly _meta: ManagedMeta & { readonly pivot_revision?: string };
  readonly description: string;
  readonly source: Content;
  readonly dest: { readonly index: string };
  readonly frequency: string;
  readonly sync: Content;
  readonly retention_policy: { readonly time: { readonly field: string; readonly max_age: string } } | null;
  readonly settings: Content;
  readonly pivot: { readonly group_by: Content; readonly aggregations: Content };
}

/** The files of ecs-templates/edges. */
export interface EdgeSet {
  readonly index: EdgeIndex;
  readonly transform: EdgeTransform;
  readonly role: Role;
}

export const EDGE_ROLE = 'flowtap-edges';
/** Of the transform; its index is called the same. */
export const EDGES = 'flowtap-edges';

/** Throws a FlowtapError TEMPLATES_INVALID. */
export function readEdgeSet(): EdgeSet {
  return {
    index: readTemplateFile('edges/index.json'),
    transform: readTemplateFile('edges/transform.json'),
    role: readTemplateFile('edges/role.json'),
  };
}

/** The set with how long edges are kept (`unlimited`: for ever), and with the revisions of what comes of it. */
export function withEdgeRetention(set: EdgeSet, retention: string | undefined, unlimited: string): EdgeSet {
  const { transform, index } = set;
  const time = transform.retention_policy?.time;
  const maxAge = retention ?? time?.max_age ?? unlimited;
  const kept = maxAge === unlimited || time === undefined ? null : { time: { ...time, max_age: maxAge } };
  const chosen = { ...transform, retention_policy: kept };
  const { source, dest, pivot } = transform;
  const meta = {
    ...transform._meta,
    // What cannot be changed in a transform that is there.
    pivot_revision: digest([source, dest, pivot]),
    revision: digest(chosen),
  };
  const mappings = { ...index.mappings, _meta: { ...index._meta, revision: digest(index) } };
  return { ...set, transform: { ...chosen, _meta: meta }, index: { ...index, mappings } };
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12);
}

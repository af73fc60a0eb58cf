import { isDeepStrictEqual } from 'node:util';
import jsonPatch from 'fast-json-patch';
import type { PatchOperation } from '../../webhook/patch/json-patch.ts';
import type { Pod } from '../../webhook/pod.ts';
import { readPod } from '../../webhook/pod-schema.ts';
import { editDocument } from './edit-document.ts';
import type { ManifestDocument } from './manifest-document.ts';
import { invalid, readDocuments } from './manifest-document.ts';
import { NotEditable } from './not-editable.ts';
import { renderYaml } from './render-yaml.ts';
import type { TextEdit } from './text-edit.ts';
import { applyEdits, lineBreakOf } from './text-edit.ts';
import type { Treatment } from './treat-workload.ts';
import type { Workload } from './workload.ts';
import { asWorkload, objectsOf } from './workload.ts';

/** Manifests as they were read. */
export interface Manifests {
  /** The file, for messages. */
  readonly source: string;
  readonly text: string;
  readonly documents: readonly ManifestDocument[];
}

export interface TreatedManifests {
  readonly text: string;
  /** One for each workload, in their order. */
  readonly treated: readonly { readonly workload: Workload; readonly treatment: Treatment }[];
  /** Documents that had to be written anew, without their comments. */
  readonly rewritten: readonly number[];
}

/** Reads manifests. Throws a FlowtapError MANIFEST_INVALID. */
export function readManifests(text: string, source: string): Manifests {
  return { source, text, documents: readDocuments(text, source) };
}

/**
 * Changes the workloads of manifests, and nothing else: every line that needs no change stays as it is. Each changed
 * document is read again and compared with what it should say. Throws a FlowtapError MANIFEST_INVALID for a workload
 * whose pod is none.
 */
export function treatManifests(
  { source, text, documents }: Manifests,
  treat: (workload: Workload, pod: Pod) => Treatment,
): TreatedManifests {
  const treated: { workload: Workload; treatment: Treatment }[] = [];
  const edits = new Map<ManifestDocument, readonly TextEdit[]>();
  const wanted = new Map<ManifestDocument, unknown>();
  for (const document of documents) {
    const operations: PatchOperation[] = [];
    for (const object of objectsOf(document.value)) {
      const workload = asWorkload(object);
      if (workload === undefined) continue;
      const treatment = treat(workload, podOf(workload, document, source));
      treated.push({ workload, treatment });
      operations.push(...treatment.operations);
    }
    if (operations.length === 0) continue;
    wanted.set(document, patched(document.value, operations));
    edits.set(document, tryEdit(text, document, operations));
  }
  const rewritten = rewriteWhatDiffers(text, edits, wanted);
  return { text: applyEdits(text, [...edits.values()].flat()), treated, rewritten };
}

function podOf(workload: Workload, { document, number, lineOf }: ManifestDocument, source: string): Pod {
  const { pod, fault } = readPod(workload.pod);
  if (pod !== undefined) return pod;
  const node = document.getIn(workload.path, true) as { readonly range?: readonly number[] } | undefined;
  const line = lineOf(node?.range?.[0] ?? document.range[0]);
  const where = [...workload.podPath, fault].join('.');
  throw invalid(source, number, line, `${workload.kind} ${workload.name}: ${where}`);
}

function patched(value: unknown, operations: readonly PatchOperation[]): unknown {
  // Through JSON: what aliases share is told apart.
  const copies = JSON.parse(JSON.stringify([value, operations])) as [unknown, jsonPatch.Operation[]];
  return jsonPatch.applyPatch(...copies).newDocument;
}

function tryEdit(
  text: string,
  { document }: ManifestDocument,
  operations: readonly PatchOperation[],
): readonly TextEdit[] {
  try {
    return editDocument(text, document, operations);
  } catch (error) {
    if (error instanceof NotEditable) return [];
    throw error;
  }
}

/** Has documents written anew that the edits do not make what they should be; gives their numbers. */
function rewriteWhatDiffers(
  text: string,
  edits: Map<ManifestDocument, readonly TextEdit[]>,
  wanted: ReadonlyMap<ManifestDocument, unknown>,
): readonly number[] {
  const rewritten: number[] = [];
  for (const [document, value] of wanted) {
    const own = edits.get(document) ?? [];
    if (isDeepStrictEqual(withoutEmpty(reread(text, document, own)), withoutEmpty(value))) continue;
    const { range } = document.document.contents as unknown as { readonly range: [number, number, number] };
    const lineBreak = lineBreakOf(text);
    const lines = renderYaml(value, false).map((line) => `${line}${lineBreak}`);
    edits.set(document, [{ from: range[0], to: range[2], text: lines.join('') }]);
    rewritten.push(document.number);
  }
  return rewritten;
}

/** What the document says with the edits; undefined where it cannot be read any more. */
function reread(text: string, { document }: ManifestDocument, edits: readonly TextEdit[]): unknown {
  const [from, , to] = document.range;
  const shifted = edits.map((edit) => ({ ...edit, from: edit.from - from, to: edit.to - from }));
  try {
    return readDocuments(applyEdits(text.slice(from, to), shifted), '')[0]?.value;
  } catch {
    return undefined;
  }
}

/** Lists and maps without entries, and null, are as good as nothing to Kubernetes, where the probe is concerned. */
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  const entries = Object.entries(value)
    .map(([key, item]) => [key, withoutEmpty(item)] as const)
    .filter(([, item]) => item !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

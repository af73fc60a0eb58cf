import jsonPatch from 'fast-json-patch';
import type { PatchOperation } from '../../services/webhook/patch/json-patch.ts';

/** A document after a patch, which must be valid for it (RFC 6902). The document given stays as it is. */
export function appliedPatch<Document>(document: Document, operations: readonly PatchOperation[]): Document {
  // What goes over the wire is JSON: without `undefined`, and never shared with the next document.
  const copy = JSON.parse(JSON.stringify(document));
  const patch = JSON.parse(JSON.stringify(operations));
  return jsonPatch.applyPatch(copy, patch, true).newDocument;
}

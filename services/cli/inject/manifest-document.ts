import type { Document } from 'yaml';
import { LineCounter, parseAllDocuments } from 'yaml';
import { FlowtapError } from '../../runtime/errors.ts';

/** One document of a stream of manifests. */
export interface ManifestDocument {
  /** 1 is the first. */
  readonly number: number;
  readonly document: Document.Parsed;
  /** What it says. */
  readonly value: unknown;
  /** The line of an offset of the whole text. */
  readonly lineOf: (offset: number) => number;
}

/** Kinds of values that JSON does not have, and kubectl leaves as texts. */
const NOT_IN_JSON = /timestamp|binary|omap|pairs|set/;

/**
 * The documents of a text of YAML or JSON, read as kubectl does: YAML 1.1, with merge keys. Throws a FlowtapError
 * MANIFEST_INVALID that names the document and the line.
 */
export function readDocuments(text: string, source: string): readonly ManifestDocument[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    version: '1.1',
    customTags: (tags) =>
      tags.filter((tag) => !NOT_IN_JSON.test(typeof tag === 'string' ? tag : tag.tag.split(':').at(-1)!)),
    keepSourceTokens: true,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  });
  if (!Array.isArray(documents)) return [];
  const lineOf = (offset: number): number => lines.linePos(offset).line;
  return documents.map((document, index) => {
    const [error] = document.errors;
    if (error !== undefined) throw invalid(source, index + 1, lineOf(error.pos[0]), error.message);
    try {
      return { number: index + 1, document, value: document.toJS(), lineOf };
    } catch (cause) {
      // An alias to nothing, or so many that they fill the memory.
      throw invalid(source, index + 1, lineOf(document.range[0]), (cause as Error).message, cause);
    }
  });
}

/** What is wrong where, for the user. */
export function invalid(
  source: string,
  number: number,
  line: number,
  fault: string,
  cause?: unknown,
): FlowtapError {
  const message = `${source}, document ${number}, line ${line}: ${fault.replace(/\.?$/, '.')}`;
  return new FlowtapError('MANIFEST_INVALID', 'inject', message, { cause });
}

import type { DemoRecord } from './record-from-document.ts';
import { recordFromDocument } from './record-from-document.ts';

/** A document as an index would get it: where it goes, and what it is. */
export interface DemoDocument {
  readonly stream: string;
  readonly body: string;
}

const FLOWS = 'logs-flowtap.flow-';

/** A document as a line from one process to another. */
export function writeDemoDocument({ stream, body }: DemoDocument): string {
  return `${stream} ${body}`;
}

/** Reads what `writeDemoDocument` wrote. */
export function readDemoDocument(line: string): DemoDocument {
  const at = line.indexOf(' ');
  return { stream: line.slice(0, at), body: line.slice(at + 1) };
}

/** What the demo's table shows: not the other end's observations, and not what the probes say of themselves. */
export function recordsOf(documents: readonly DemoDocument[]): readonly DemoRecord[] {
  return documents
    .filter(({ stream }) => stream.startsWith(FLOWS))
    .map(({ body }) => recordFromDocument(body));
}

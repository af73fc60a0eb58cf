import { gunzipSync } from 'node:zlib';
import type { FlowBatchHeader } from '../../services/core/flow-batch.ts';
import { FLOW_BATCH_KEY } from '../../services/core/flow-batch.ts';

/** A delivery as its receiver reads it. */
export interface SentBatch {
  readonly header: FlowBatchHeader;
  /** Each without its line feed. */
  readonly lines: readonly string[];
}

/** Reads the body of a delivery; throws where it is not what it should be. */
export function readSentBatch(body: Uint8Array): SentBatch {
  const text = gunzipSync(body).toString();
  if (!text.endsWith('\n')) throw new Error('The last line is not whole.');
  const [first, ...lines] = text.slice(0, -1).split('\n');
  const header = JSON.parse(first)[FLOW_BATCH_KEY] as FlowBatchHeader;
  if (header.events !== lines.length) throw new Error(`${header.events} events, but ${lines.length} lines`);
  return { header, lines };
}

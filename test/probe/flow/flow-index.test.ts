import { describe, expect, it } from 'vitest';
import * as packet from '../../../services/probe/decode/packet-row.ts';
import { FlowIndex } from '../../../services/probe/flow/flow-index.ts';

const FLOWS = 5000;
/** Spread as hashes are, and twice the same for two flows. */
const hashOf = (flow: number): number => Math.imul((flow >> 1) + 1, 0x9e3779b1);
const rowOf = (flow: number): number => (flow + 1) * 80;

function located(index: FlowIndex, flows: readonly number[]): number[] {
  const batch = new Int32Array(flows.length * packet.ROW_WORDS);
  for (const [nth, flow] of flows.entries()) batch[nth * packet.ROW_WORDS + packet.HASH] = hashOf(flow);
  const rows = new Int32Array(flows.length);
  index.locate(batch, batch.length, rows);
  return [...rows];
}

describe('FlowIndex', () => {
  const all = Array.from({ length: FLOWS }, (_, flow) => flow);
  const first = all.filter((flow) => flow % 2 === 0);
  const second = all.filter((flow) => flow % 2 === 1);

  it('grows with its flows, and loses none', () => {
    const index = new FlowIndex();
    for (const flow of first) index.insert(hashOf(flow), rowOf(flow));
    expect(located(index, first)).toEqual(first.map(rowOf));
    expect(index.mask + 1).toBe(8192);
  });

  it('gives the first flow with a hash, and the second one when that has gone', () => {
    const index = new FlowIndex();
    for (const flow of all) index.insert(hashOf(flow), rowOf(flow));
    for (const flow of first) index.remove(hashOf(flow), rowOf(flow));
    expect(located(index, second)).toEqual(second.map(rowOf));
    for (const flow of second) index.remove(hashOf(flow), rowOf(flow));
    expect(located(index, all)).toEqual(all.map(() => 0));
  });
});

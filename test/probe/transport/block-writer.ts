import { parentPort, workerData } from 'node:worker_threads';
import { DescriptorOutput } from '../../../services/probe/transport/descriptor-output.ts';

/** What a thread writes: `blocks` blocks of lines `writer block line`, of different lengths. */
export interface BlockWriterJob {
  readonly writer: number;
  readonly blocks: number;
  readonly descriptor: number;
  readonly turn: Int32Array;
}

/** How many lines a block has: some have one, some more than a pipe holds. */
export function linesOfBlock(writer: number, block: number): number {
  return 1 + ((writer * 7 + block * 911) % 3000);
}

export function blockOf(writer: number, block: number): Buffer {
  const lines = Array.from({ length: linesOfBlock(writer, block) }, (_, line) => {
    return `${writer} ${block} ${line} ${'x'.repeat((line * 13) % 60)}\n`;
  });
  return Buffer.from(lines.join(''));
}

// A thread of the test that several threads write to one descriptor; answers whether its reader has gone away.
if (parentPort !== null && workerData !== null) {
  const { writer, blocks, descriptor, turn } = workerData as BlockWriterJob;
  const output = new DescriptorOutput(descriptor, turn);
  for (let index = 0; index < blocks; index++) {
    const block = blockOf(writer, index);
    output.write(block, block.length);
  }
  parentPort.postMessage(output.isClosed);
}

import { openSync } from 'node:fs';
import { DescriptorOutput } from '../../../services/probe/transport/descriptor-output.ts';
import { QueuedOutput } from '../../../services/probe/transport/queued-output.ts';
import { numberedLines } from '../../support/numbered-lines.ts';

// Writes ten lines of 100 bytes to a file that may not become so long (`ulimit -f`), and says what came of it.
const [kind, path] = process.argv.slice(2);
const descriptor = openSync(path, 'w');
const block = numberedLines(0, 10, 100);
if (kind === 'descriptor') {
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const output = new DescriptorOutput(descriptor, turn);
  try {
    output.write(block, block.length);
  } catch (error) {
    const { code } = (error as Error).cause as NodeJS.ErrnoException;
    console.log(JSON.stringify({ causeCode: code, isClosed: output.isClosed, turn: turn[0] }));
  }
} else {
  const output = new QueuedOutput(descriptor, 1000, () => Promise.reject(new Error('It must not wait.')));
  output.write(block, block.length);
  const { failure, isClosed, statistics } = output;
  const { code } = failure as NodeJS.ErrnoException;
  console.log(JSON.stringify({ causeCode: code, isClosed, ...statistics }));
}

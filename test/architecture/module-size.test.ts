import { expect, test } from 'vitest';
import { serviceFiles } from './source-files.ts';

const MAX_LINES = 250;

/** Files that may be longer, each with its reason. */
const LONGER: Readonly<Record<string, string>> = {
  'services/core/ecs-event.ts': 'the pieces of one document, in its order',
  'services/probe/decode/frame-decoder.ts':
    'the layers of one decoder share fields, as a packet allocates nothing',
  'services/probe/flow/flow-meter.ts': 'the statistics are described where they are counted',
};

test(`a file of services/ has at most ${MAX_LINES} lines, or a reason`, () => {
  const long = serviceFiles()
    .filter(({ text }) => text.split('\n').length - 1 > MAX_LINES)
    .map(({ path }) => path);
  // A reason whose file has become short goes.
  expect(long).toEqual(Object.keys(LONGER).sort());
});

import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8 compile with its slowest compiler only what runs for long. By default everything that runs 3,000 times is:
 * then a probe spends more on compiling what writes the records of its first windows than on their packets, and does
 * part of it again as it learns which types there are. Packets soon reach this number too. Before a capture begins.
 */
export function compileLate(): void {
  setFlagsFromString('--invocation-count-for-turbofan=40000');
}

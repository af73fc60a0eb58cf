import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8 inline more of what a packet passes: many small functions, of which its default budget (920 bytes of bytecode
 * into one function) takes only some. Metering a packet then costs a tenth less (docs/adr/0003). For processes and
 * threads whose main work is metering, before it begins.
 */
export function inlineGenerously(): void {
  setFlagsFromString('--max-inlined-bytecode-size=1000');
  setFlagsFromString('--max-inlined-bytecode-size-cumulative=4000');
}

import type { End } from '../../console/flow-source.ts';
import { endName } from '../../console/page/end-name.ts';
import { printable } from '../../runtime/terminal.ts';

/** An end for a terminal: names are foreign text, and must not steer it. */
export function endText(end: End): string {
  return printable(endName(end));
}

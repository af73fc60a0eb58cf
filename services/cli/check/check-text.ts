import type { Style, Terminal } from '../../runtime/terminal.ts';
import { printable } from '../../runtime/terminal.ts';
import type { CheckResult } from './check-result.ts';
import { CHECK_NAMES } from './check-result.ts';

const STYLES: Readonly<Record<CheckResult['outcome'], Style>> = { ok: 'green', warn: 'yellow', fail: 'red' };
const NAME_WIDTH = Math.max(...CHECK_NAMES.map(({ length }) => length));

/** A line for each result, and one for what to do about it. */
export function checkText(results: readonly CheckResult[], terminal: Pick<Terminal, 'paint'>): string {
  const lines = results.flatMap(({ check, outcome, message, advice }) => {
    const head = `${terminal.paint(STYLES[outcome], outcome.padEnd(4))}  ${check.padEnd(NAME_WIDTH)}  `;
    const todo = advice === undefined ? [] : [`${' '.repeat(NAME_WIDTH + 8)}→ ${printable(advice)}`];
    return [head + printable(message), ...todo];
  });
  const count = (outcome: CheckResult['outcome']): number =>
    results.filter((result) => result.outcome === outcome).length;
  return `${[...lines, `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed.`].join('\n')}\n`;
}

/** For programs. */
export function checkJson(results: readonly CheckResult[]): string {
  const failed = results.some(({ outcome }) => outcome === 'fail');
  return `${JSON.stringify({ outcome: failed ? 'fail' : 'ok', results }, undefined, 2)}\n`;
}

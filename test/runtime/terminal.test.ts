import { describe, expect, test } from 'vitest';
import { printable, Terminal } from '../../services/runtime/terminal.ts';

function capture(isTTY: boolean, columns?: number) {
  const written: string[] = [];
  return { written, stream: { isTTY, columns, write: (text: string) => written.push(text) } };
}

test.each([
  { isTTY: true, env: {}, interactive: true, painted: '\u001b[31mno\u001b[39m' },
  { isTTY: true, env: { NO_COLOR: '1' }, interactive: true, painted: 'no' },
  { isTTY: true, env: { NO_COLOR: '' }, interactive: true, painted: '\u001b[31mno\u001b[39m' },
  { isTTY: true, env: { TERM: 'dumb' }, interactive: false, painted: 'no' },
  { isTTY: false, env: {}, interactive: false, painted: 'no' },
  { isTTY: false, env: { FORCE_COLOR: '1' }, interactive: false, painted: '\u001b[31mno\u001b[39m' },
  { isTTY: false, env: { FORCE_COLOR: '0' }, interactive: false, painted: 'no' },
  { isTTY: false, env: { FORCE_COLOR: '1', NO_COLOR: '1' }, interactive: false, painted: 'no' },
])('terminal $isTTY with $env: interactive $interactive', ({ isTTY, env, interactive, painted }) => {
  const terminal = new Terminal(capture(isTTY).stream, env);
  expect(terminal.interactive).toBe(interactive);
  expect(terminal.paint('red', 'no')).toBe(painted);
});

describe('progress', () => {
  test('is rewritten in place, and lines pass above it', () => {
    const { stream, written } = capture(true);
    const terminal = new Terminal(stream, {});
    terminal.progress('10 %');
    terminal.progress('20 %');
    terminal.line('a file was cut short');
    terminal.endProgress();
    terminal.endProgress();
    expect(written).toEqual([
      '\r\u001b[K10 %',
      '\r\u001b[K20 %',
      '\r\u001b[Ka file was cut short\n20 %',
      '\r\u001b[K',
    ]);
  });

  test('fits one line of the terminal', () => {
    const { stream, written } = capture(true, 10);
    new Terminal(stream, {}).progress('0123456789abc');
    expect(written).toEqual(['\r\u001b[K012345678']);
  });

  test('is not written where nobody looks', () => {
    const { stream, written } = capture(false);
    const terminal = new Terminal(stream, {});
    terminal.progress('10 %');
    terminal.line('done');
    terminal.endProgress();
    expect(written).toEqual(['done\n']);
  });
});

test.each([
  ['plain', 'plain'],
  ['\u001b[2Jgone', '\\x1b[2Jgone'],
  ['two\nlines', 'two\\x0alines'],
  ['\u009b31m', '\\x9b31m'],
  ['Grüße', 'Grüße'],
])('printable(%j) is %j', (text, shown) => {
  expect(printable(text)).toBe(shown);
});

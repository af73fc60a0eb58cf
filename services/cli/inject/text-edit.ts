/** A part of a text, and what takes its place. */
export interface TextEdit {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** The text with the edits, whose places are those of the text before. Those at one place come in their order. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const { from, to, text: put } of edits.toSorted((one, other) => one.from - other.from)) {
    parts.push(text.slice(at, Math.max(at, from)), put);
    at = Math.max(at, to);
  }
  parts.push(text.slice(at));
  return parts.join('');
}

/** How the lines of a text end. */
export function lineBreakOf(text: string): '\n' | '\r\n' {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** Where the line that holds an offset begins. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Where the next line begins after what ends at an offset; block scalars end with their line. */
export function nextLine(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] === '\n') return offset;
  const end = text.indexOf('\n', offset);
  return end < 0 ? text.length : end + 1;
}

/** Whole lines put in where a line begins, or after a last line that nothing ends. */
export function insertLines(text: string, at: number, lines: readonly string[]): TextEdit {
  const lineBreak = lineBreakOf(text);
  const isUnended = at === text.length && at > 0 && text[at - 1] !== '\n';
  const put = lines.map((line) => (isUnended ? `${lineBreak}${line}` : `${line}${lineBreak}`));
  return { from: at, to: at, text: put.join('') };
}

/** Whole lines taken out; the line before them ends the text as they did. */
export function removeLines(text: string, from: number, to: number): TextEdit {
  const isUnended = to === text.length && text[to - 1] !== '\n' && from > 0;
  return { from: isUnended ? from - lineBreakOf(text).length : from, to, text: '' };
}

/** Other lines in place of some; a last line that nothing ended stays so. */
export function replaceLines(text: string, from: number, to: number, lines: readonly string[]): TextEdit {
  const lineBreak = lineBreakOf(text);
  const put = lines.join(lineBreak);
  return { from, to, text: text[to - 1] === '\n' ? put + lineBreak : put };
}

export interface Column {
  readonly name: string;
  readonly align?: 'right';
  /** May be cut where the terminal is narrow, down to so many characters. */
  readonly cutTo?: number;
}

/** Which columns are shown, and how wide. */
export interface TableLayout {
  readonly columns: readonly Column[];
  /** By column; undefined where it is left out. */
  readonly widths: readonly (number | undefined)[];
  /** Values that are longer are cut. */
  readonly isCut: boolean;
}

const GAP = 2;

/**
 * Widths that suit the rows. Where they are too wide for `maxWidth`, columns of `dispensable` are left out, first to last,
 * until those that may be cut can be made to fit.
 */
export function layOut(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  dispensable: readonly string[],
  maxWidth?: number,
): TableLayout {
  const natural = columns.map(({ name }, index) =>
    Math.max(name.length, ...rows.map((row) => row[index].length)),
  );
  if (maxWidth === undefined) return { columns, widths: natural, isCut: false };
  const shown = new Set(columns.map(({ name }) => name));
  const least = (index: number): number => Math.min(natural[index], columns[index].cutTo ?? natural[index]);
  const total = (widthOf: (index: number) => number): number =>
    columns.reduce((sum, { name }, index) => sum + (shown.has(name) ? widthOf(index) + GAP : 0), -GAP);
  for (const name of dispensable) if (total(least) > maxWidth) shown.delete(name);
  let spare = maxWidth - total(least);
  const widths = columns.map(({ name }, index) => {
    if (!shown.has(name)) return undefined;
    const more = Math.max(0, Math.min(spare, natural[index] - least(index)));
    spare -= more;
    return least(index) + more;
  });
  return { columns, widths, isCut: true };
}

/** A line of the table, without its end. `paint` colours a cell, of which it gets the padded text. */
export function tableRow(
  { columns, widths, isCut }: TableLayout,
  values: readonly string[],
  paint: (index: number, text: string) => string = (_index, text) => text,
): string {
  const cells = columns.flatMap(({ align }, index) => {
    const width = widths[index];
    if (width === undefined) return [];
    const value = isCut ? cut(values[index], width) : values[index];
    return [paint(index, align === 'right' ? value.padStart(width) : value.padEnd(width))];
  });
  return cells.join(' '.repeat(GAP)).trimEnd();
}

export function tableHeader(layout: TableLayout): string {
  return tableRow(
    layout,
    layout.columns.map(({ name }) => name),
  );
}

/** Names differ at their begin and at their end: it is the middle that goes. */
function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  const head = Math.floor((width - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (width - 1 - head))}`;
}

import { element } from './element.ts';

export interface Column<Row> {
  readonly title: string;
  /** Numbers stand to the right. */
  readonly isNumber?: boolean;
  /** Names, which need some room. */
  readonly isName?: boolean;
  /** Narrow screens do without. */
  readonly isMinor?: boolean;
  readonly cell: (row: Row) => Node | string;
}

/** A table that can be scrolled sideways where it is too wide; its first column is the row's heading. */
export function table<Row>(
  caption: string,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
): HTMLElement {
  const classOf = ({ isNumber, isName, isMinor }: Column<Row>): string =>
    [isNumber && 'number', isName && 'name', isMinor && 'minor'].filter(Boolean).join(' ');
  const head = columns.map((column) =>
    element('th', { scope: 'col', class: classOf(column) || undefined }, column.title),
  );
  const body = rows.map((row) =>
    element(
      'tr',
      {},
      ...columns.map((column, index) => {
        const attributes = { class: classOf(column) || undefined };
        return index === 0
          ? element('th', { scope: 'row', ...attributes }, column.cell(row))
          : element('td', attributes, column.cell(row));
      }),
    ),
  );
  return element(
    'div',
    { class: 'table', role: 'region', 'aria-label': caption, tabindex: 0 },
    element(
      'table',
      {},
      element('caption', {}, caption),
      element('thead', {}, element('tr', {}, ...head)),
      element('tbody', {}, ...body),
    ),
  );
}

import { expect, test } from 'vitest';
import type { Column } from '../../../services/cli/flows/text-table.ts';
import { layOut, tableHeader, tableRow } from '../../../services/cli/flows/text-table.ts';

const COLUMNS: readonly Column[] = [
  { name: 'WHO', cutTo: 7 },
  { name: 'WHEN' },
  { name: 'BYTES', align: 'right' },
];
const ROWS = [
  ['shop/cart-7d9f8b6c5d-x2x4z', '10:03:10', '1500'],
  ['shop/web', '10:03:20', '7'],
];

function table(maxWidth: number | undefined): string[] {
  const layout = layOut(COLUMNS, ROWS, ['WHEN', 'BYTES'], maxWidth);
  return [tableHeader(layout), ...ROWS.map((row) => tableRow(layout, row))];
}

const CASES: readonly [maxWidth: number | undefined, lines: readonly string[]][] = [
  [
    undefined,
    [
      'WHO                         WHEN      BYTES',
      'shop/cart-7d9f8b6c5d-x2x4z  10:03:10   1500',
      'shop/web                    10:03:20      7',
    ],
  ],
  [
    40,
    [
      'WHO                      WHEN      BYTES',
      'shop/cart-7…b6c5d-x2x4z  10:03:10   1500',
      'shop/web                 10:03:20      7',
    ],
  ],
  [24, ['WHO      WHEN      BYTES', 'sho…x4z  10:03:10   1500', 'sho…web  10:03:20      7']],
  [23, ['WHO               BYTES', 'shop/ca…5d-x2x4z   1500', 'shop/web              7']],
  // Less than the least.
  [3, ['WHO', 'sho…x4z', 'sho…web']],
];

test.each(CASES)('in %s columns', (maxWidth, lines) => {
  expect(table(maxWidth)).toEqual(lines);
});

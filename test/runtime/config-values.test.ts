import { expect, test } from 'vitest';
import {
  byteSize,
  duration,
  flag,
  integer,
  list,
  oneOf,
  text,
} from '../../services/runtime/config-values.ts';

const BAD = 'cannot be used';

test.each([
  { reader: duration(), word: '500ms', value: 500 },
  { reader: duration(), word: '10s', value: 10_000 },
  { reader: duration(), word: '1.5s', value: 1500 },
  { reader: duration(), word: '2m', value: 120_000 },
  { reader: duration(), word: '1h', value: 3_600_000 },
  { reader: duration(), word: '10', value: 10_000 },
  { reader: duration(), word: '0', value: 0 },
  { reader: duration(), word: '576h', value: 2_073_600_000 },
  { reader: duration(), word: '577h', value: BAD },
  { reader: duration(), word: '-1s', value: BAD },
  { reader: duration(), word: '10 s', value: BAD },
  { reader: duration(), word: '1d', value: BAD },
  { reader: duration(), word: '', value: BAD },
  { reader: duration(1000), word: '999ms', value: BAD },
  { reader: byteSize(), word: '512', value: 512 },
  { reader: byteSize(), word: '64KiB', value: 65_536 },
  { reader: byteSize(), word: '16MiB', value: 16_777_216 },
  { reader: byteSize(), word: '1GiB', value: 1_073_741_824 },
  { reader: byteSize(), word: '1.5MiB', value: BAD },
  { reader: byteSize(), word: '1MB', value: BAD },
  { reader: byteSize(4096), word: '4095', value: BAD },
  { reader: byteSize(), word: '99999999999999GiB', value: BAD },
  { reader: integer(0, 10), word: ' 7 ', value: 7 },
  { reader: integer(-5, 10), word: '-5', value: -5 },
  { reader: integer(0, 10), word: '11', value: BAD },
  { reader: integer(0, 10), word: '1e1', value: BAD },
  { reader: integer(0, 10), word: '0x1', value: BAD },
  { reader: integer(0, 10), word: '', value: BAD },
  { reader: flag(), word: 'true', value: true },
  { reader: flag(), word: 'On', value: true },
  { reader: flag(), word: '0', value: false },
  { reader: flag(), word: 'maybe', value: BAD },
  { reader: oneOf('json', 'table'), word: 'table', value: 'table' },
  { reader: oneOf('json', 'table'), word: 'Table', value: BAD },
  { reader: text(), word: ' a b ', value: ' a b ' },
  { reader: text(), word: '', value: BAD },
  { reader: list(integer(0, 9)), word: '1, 2', value: [1, 2] },
  { reader: list(integer(0, 9)), word: '1,,2', value: BAD },
  { reader: list(integer(0, 9)), word: '1,10', value: BAD },
])('"$word" reads as $value', ({ reader, word, value }) => {
  const result = reader.safeParse(word);
  expect(result.success ? result.data : BAD).toEqual(value);
});

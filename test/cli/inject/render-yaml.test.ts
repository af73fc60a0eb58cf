import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderYaml } from '../../../services/cli/inject/render-yaml.ts';

test.each([
  ['web', 'web'],
  ['example.org/a/b:1.2', 'example.org/a/b:1.2'],
  ['https://host:8443/v1', 'https://host:8443/v1'],
  ['/var/run', '/var/run'],
  ['64Mi', '64Mi'],
  ['25m', '25m'],
  ['on', '"on"'],
  ['No', '"No"'],
  ['y', '"y"'],
  ['null', '"null"'],
  ['~', '"~"'],
  ['1e3', '"1e3"'],
  ['e0', '"e0"'],
  ['0x1f', '"0x1f"'],
  ['1:30', '"1:30"'],
  ['2026-01-01', '"2026-01-01"'],
  ['ends:', '"ends:"'],
  ['a # b', '"a # b"'],
  ['', '""'],
])('%j is written as %s', (text, written) => {
  expect(renderYaml({ key: text }, false)).toEqual([`key: ${written}`]);
  expect(parse(`key: ${written}`, { version: '1.1' })).toEqual({ key: text });
});

test('certificates are written as they look', () => {
  expect(renderYaml({ ca: 'BEGIN\nMII\nEND\n' }, false)).toEqual(['ca: |', '  BEGIN', '  MII', '  END']);
});

test('lists are indented or not, as those beside', () => {
  expect(renderYaml({ list: [{ a: 1, b: 2 }] }, false)).toEqual(['list:', '- a: 1', '  b: 2']);
  expect(renderYaml({ list: [{ a: 1, b: 2 }] }, true)).toEqual(['list:', '  - a: 1', '    b: 2']);
});

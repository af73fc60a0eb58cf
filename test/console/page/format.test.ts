import { expect, test } from 'vitest';
import {
  formatAge,
  formatBytes,
  formatEndpoint,
  formatPoints,
} from '../../../services/console/page/format.ts';

test.each([
  [formatBytes(0), '0 B'],
  [formatBytes(1023), '1023 B'],
  [formatBytes(1536), '1.50 KiB'],
  [formatBytes(-20 * 2 ** 20), '−20.0 MiB'],
  [formatPoints(0.0421), '+4.2'],
  [formatPoints(-0.1), '−10.0'],
  [formatPoints(-0.0001), '0.0'],
  [formatAge(-5), '0 s'],
  [formatAge(300_000), '5 min'],
  [formatEndpoint('fd00::1', 80), '[fd00::1]:80'],
  [formatEndpoint('10.0.0.1', undefined), '10.0.0.1'],
])('%s', (text, expected) => {
  expect(text).toBe(expected);
});

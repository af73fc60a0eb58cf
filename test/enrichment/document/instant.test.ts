import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseInstant } from '../../../services/enrichment/document/instant.ts';

it.each([
  ['2026-01-15T10:03:09.999999999Z', '2026-01-15T10:03:09.999Z'],
  ['2026-01-15T10:03:09Z', '2026-01-15T10:03:09Z'],
  ['2026-01-15T10:03:09.5Z', '2026-01-15T10:03:09.5Z'],
  ['2026-01-15T11:03:09.500+01:00', '2026-01-15T10:03:09.5Z'],
  ['2026-01-15', '2026-01-15'],
])('%s', (text, same) => {
  expect(parseInstant(text)).toBe(Date.parse(same));
});

it.each([
  '',
  'yesterday',
  '2026-01-15T10:03:61Z',
  '2026-01-15T10:03:0xZ',
  '2026-01-15T10:03:01.5x2Z',
  '2026-13-01T10:03:01Z',
])('%j is none', (text) => {
  expect(parseInstant(text)).toBeNaN();
});

it('is what Date makes of it, whatever came before', () => {
  const times = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true });
  fc.assert(
    fc.property(times, (time) => {
      expect(parseInstant(time.toISOString())).toBe(time.getTime());
    }),
  );
});

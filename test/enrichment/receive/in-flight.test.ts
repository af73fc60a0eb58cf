import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reservation } from '../../../services/enrichment/receive/in-flight.ts';
import { InFlightBytes } from '../../../services/enrichment/receive/in-flight.ts';

const step = fc.record({
  what: fc.constantFrom('reserve', 'grow', 'shrink', 'release'),
  which: fc.nat(9),
  bytes: fc.nat(120),
});

test('the sum of what is held is never above the bound, and is what the reservations say', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const budget = new InFlightBytes(100);
      const held: (Reservation | undefined)[] = [];
      for (const { what, which, bytes } of steps) {
        const before = budget.bytes;
        if (what === 'reserve') held.push(budget.reserve(bytes));
        else if (what === 'grow') {
          const reservation = held[which];
          const had = reservation?.bytes ?? 0;
          if (reservation?.growTo(bytes) === false) expect(before + bytes - had).toBeGreaterThan(100);
        } else if (what === 'shrink') held[which]?.shrinkTo(bytes);
        else held[which]?.release();
        expect(budget.bytes).toBeLessThanOrEqual(100);
        expect(budget.bytes).toBe(held.reduce((sum, reservation) => sum + (reservation?.bytes ?? 0), 0));
      }
      for (const reservation of held) reservation?.release();
      expect(budget.bytes).toBe(0);
    }),
  );
});

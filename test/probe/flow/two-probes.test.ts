import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Part } from '../../fixtures/tcp-stream.ts';
import { initialNumber, stateAfter } from '../../fixtures/tcp-stream.ts';

describe('the records of two probes', () => {
  /** What the sender sends: new bytes, or some that it sent before. */
  const sent = fc
    .array(fc.tuple(fc.boolean(), fc.nat(), fc.integer({ min: 1, max: 1448 })), {
      minLength: 1,
      maxLength: 40,
    })
    .map((steps) => {
      let highest = 0;
      return steps.map(([isNew, from, length]): Part => {
        const start = isNew || highest === 0 ? highest : from % highest;
        highest = Math.max(highest, start + length);
        return [start, length];
      });
    });

  it('tell what was lost between them to the byte: lost = R sender - R receiver + H receiver', () => {
    fc.assert(
      fc.property(
        sent,
        fc.infiniteStream(fc.tuple(fc.nat(9), fc.nat(20))),
        initialNumber,
        (parts, fates, initial) => {
          const highest = Math.max(...parts.map(([start, length]) => start + length));
          const last = parts.findIndex(([start, length]) => start + length === highest);
          const arrived = parts
            .map((entry, index) => ({ entry, index, fate: fates.next().value as [number, number] }))
            // The last byte arrives, else nobody can know that there was one.
            .filter(({ index, fate }) => index === last || fate[0] < 7)
            .sort((a, b) => a.index + a.fate[1] - b.index - b.fate[1])
            .map(({ entry }) => entry);
          const bytes = (list: readonly Part[]): number => list.reduce((sum, [, length]) => sum + length, 0);
          const sender = stateAfter(parts, initial);
          const receiver = stateAfter(arrived, initial);
          expect(sender.missingBytes).toBe(0);
          const lost = sender.repeatedBytes - receiver.repeatedBytes + receiver.missingBytes;
          expect(lost).toBe(bytes(parts) - bytes(arrived));
        },
      ),
      { numRuns: 500 },
    );
  });
});

import { expect, it } from 'vitest';
import { runFuzz } from './run-fuzz.ts';

it('200,000 random and mutated packets: nothing throws, totals agree', () => {
  const result = runFuzz({ packets: 200_000, seed: 1 });
  expect(result.frames).toBe(200_000);
  expect(result.otherFrames).toBeGreaterThan(1000);
  expect(result.records).toBeGreaterThan(1000);
  expect(result.evictedFlows).toBeGreaterThan(1000);
});

import { describe, expect, it } from 'vitest';
import { BASE_MS, meterOf, query } from '../../fixtures/test-meter.ts';

const WINDOW = { windowMs: 10_000 };
const HOUR_MS = 3_600_000;

describe('a time far ahead', () => {
  it('of one packet makes those that follow late, but not for long', () => {
    const test = meterOf(WINDOW, `0 query, ${HOUR_MS} query`);
    for (let count = 0; count < 1001; count++) test.packet(1000 + count, query());
    expect(test.texts).toEqual(['udp 40000 1+0 in 0-10', 'udp 40000 1001+0 in 3600-3610']);
    expect(test.meter.statistics().latePackets).toBe(1000);
    test.packet(15_000, query()).finish();
    expect(test.texts.slice(2)).toEqual(['udp 40000 1+0 in 0-10', 'udp 40000 1+0 in 10-20 shutdown']);
  });

  it('costs a window in a thousand packets at most, however often it comes', () => {
    const test = meterOf(WINDOW, `${HOUR_MS} query`);
    for (let count = 0; count < 3000; count++) {
      test.packet(count % 500 === 0 ? HOUR_MS + count : count, query());
    }
    test.finish();
    expect(test.texts).toEqual([
      'udp 40000 1004+0 in 3600-3610',
      'udp 40000 497+0 in 0-10',
      'udp 40000 1003+0 in 3600-3610',
      'udp 40000 497+0 in 0-10 shutdown',
    ]);
  });
});

it('a clock that is set back closes the window it left', () => {
  const test = meterOf(WINDOW, `${HOUR_MS} query`);
  test.meter.advanceTo(BASE_MS + HOUR_MS - 9000);
  expect(test.texts).toEqual([]);
  test.meter.advanceTo(BASE_MS);
  expect(test.texts).toEqual(['udp 40000 1+0 in 3600-3610']);
  test.packet(1, query()).finish();
  expect(test.texts.slice(1)).toEqual(['udp 40000 1+0 in 0-10 shutdown']);
});

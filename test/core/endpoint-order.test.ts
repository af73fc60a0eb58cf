import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endpointsInOrder } from '../../services/core/endpoint-order.ts';

type Endpoint = readonly [number, number, number, number, number];

function inOrder(a: Endpoint, b: Endpoint): boolean {
  return endpointsInOrder(...a, ...b);
}

describe('endpointsInOrder', () => {
  it.each<[string, Endpoint, Endpoint, boolean]>([
    ['the smaller address is first', [0x0a000001, 0, 0, 0, 9999], [0x0a000002, 0, 0, 0, 1], true],
    ['whatever its port', [0x0a000002, 0, 0, 0, 1], [0x0a000001, 0, 0, 0, 9999], false],
    ['addresses compare unsigned', [0x7fffffff, 0, 0, 0, 0], [0xc0a80001 | 0, 0, 0, 0, 0], true],
    ['unsigned words are welcome too', [0xc0a80001, 0, 0, 0, 0], [0x7fffffff, 0, 0, 0, 0], false],
    ['the second word decides', [1, 5, 9, 9, 0], [1, 6, 0, 0, 0], true],
    ['the third word decides', [1, 5, -1, 0, 0], [1, 5, 1, 0, 0], false],
    ['the last word decides', [1, 5, 7, 1, 0], [1, 5, 7, -2, 0], true],
    ['one address: the smaller port is first', [1, 0, 0, 1, 80], [1, 0, 0, 1, 443], true],
    ['one address: the greater port is second', [1, 0, 0, 1, 443], [1, 0, 0, 1, 80], false],
    ['equal endpoints are in order', [1, 0, 0, 1, 80], [1, 0, 0, 1, 80], true],
  ])('%s', (_what, a, b, expected) => {
    expect(inOrder(a, b)).toBe(expected);
  });

  it('puts two different endpoints in exactly one order', () => {
    const word = fc.oneof(fc.integer(), fc.constantFrom(0, 1, -1));
    const endpoint = fc.tuple(word, word, word, word, fc.integer({ min: 0, max: 65535 }));
    fc.assert(
      fc.property(endpoint, endpoint, (a, b) => {
        const equal = a.join() === b.join();
        expect(inOrder(a, b) !== inOrder(b, a)).toBe(!equal);
      }),
    );
  });
});

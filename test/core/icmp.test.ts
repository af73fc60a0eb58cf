import { describe, expect, it } from 'vitest';
import { icmpCounterpart, icmpv6Counterpart } from '../../services/core/icmp.ts';

describe.each([
  ['ICMP', icmpCounterpart, '0-8 9-10 13-14 15-16 17-18'],
  ['ICMPv6', icmpv6Counterpart, '128-129 130-131 133-134 135-136 139-140 144-145'],
])('counterparts of %s', (_name, counterpart, expected) => {
  it('are the pairs of the specification and no others', () => {
    const pairs: string[] = [];
    for (let type = 0; type < 256; type++) {
      const other = counterpart(type);
      if (other > type) pairs.push(`${type}-${other}`);
    }
    expect(pairs.join(' ')).toBe(expected);
  });

  it('answer each other', () => {
    for (let type = 0; type < 256; type++) {
      const other = counterpart(type);
      if (other !== -1) expect(counterpart(other)).toBe(type);
    }
  });
});

describe('one-way types', () => {
  it.each([
    ['ICMP destination unreachable', icmpCounterpart(3)],
    ['ICMP time exceeded', icmpCounterpart(11)],
    ['ICMPv6 packet too big', icmpv6Counterpart(2)],
    ['ICMPv6 multicast listener report v2', icmpv6Counterpart(143)],
  ])('%s has no counterpart', (_name, counterpart) => {
    expect(counterpart).toBe(-1);
  });
});

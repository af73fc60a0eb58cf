import { expect, test } from 'vitest';
import {
  DNS_TYPE_A,
  DNS_TYPE_AAAA,
  dnsQueryType,
  encodeDnsAnswer,
  encodeDnsQuery,
} from '../../../services/cli/demo/dns-message.ts';

const NAME = '0473686f70076578616d706c6500';

// RFC 1035 section 4.1, by hand.
test('a query, and its answer that points at its name', () => {
  const query = encodeDnsQuery(0x1234, 'shop.example', DNS_TYPE_A);
  expect(query.toString('hex')).toBe(`123401000001000000000000${NAME}00010001`);
  const answer = encodeDnsAnswer(query, Uint8Array.of(192, 0, 2, 20));
  expect(answer.toString('hex')).toBe(
    `123481800001000100000000${NAME}00010001c00c000100010000003c0004c0000214`,
  );
});

test.each([DNS_TYPE_A, DNS_TYPE_AAAA])('a query for type %i says so', (type) => {
  expect(dnsQueryType(encodeDnsQuery(1, 'shop.example', type))).toBe(type);
});

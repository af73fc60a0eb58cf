import fc from 'fast-check';
import { expect, it } from 'vitest';
import { turnRound } from '../../../services/enrichment/translate/turn-round.ts';
import { FULL_TCP } from '../../fixtures/flow-records.ts';
import { eventOf } from '../../fixtures/observed-flows.ts';

it('turns addresses, counters, TCP and direction', () => {
  const before = eventOf(FULL_TCP);
  const event = structuredClone(before);
  turnRound(event);
  expect(event).toMatchObject({
    source: before.destination,
    destination: before.source,
    network: { ...before.network, direction: 'ingress' },
    flowtap: {
      tcp: { source: before.flowtap!.tcp!.destination, destination: before.flowtap!.tcp!.source },
    },
  });
});

it('twice is as before', () => {
  const direction = fc.constantFrom('ingress', 'egress', 'unknown', 'inbound', 'external');
  fc.assert(
    fc.property(direction, fc.boolean(), fc.nat(), (way, hasTcp, bytes) => {
      const event = eventOf(FULL_TCP);
      event.network!.direction = way;
      event.source.bytes = bytes;
      if (!hasTcp) delete event.flowtap;
      const before = structuredClone(event);
      turnRound(event);
      turnRound(event);
      expect(event).toEqual(before);
    }),
  );
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IdentityDescriber } from '../../../services/enrichment/identify/described-identity.ts';
import type { IdentifiedFlow } from '../../../services/enrichment/identify/identifier.ts';
import { Identifier } from '../../../services/enrichment/identify/identifier.ts';
import { AddressBook } from '../../../services/enrichment/locate/address.ts';
import { PortGuard } from '../../../services/enrichment/port-guard.ts';
import type { Tenancy } from '../../fakes/lagging-store.ts';
import { LaggingStore } from '../../fakes/lagging-store.ts';
import { ofPod, podIdentity } from '../../fixtures/kubernetes-identities.ts';
import { UnhurriedClock } from '../../support/test-enricher.ts';

const SETTLE_MS = 2000;
const IPS = ['10.0.0.1', '10.0.0.2'];

/** Pods that have one of two addresses in turn, often at once after one another. */
const histories = fc
  .array(
    fc.record({
      ip: fc.constantFrom(...IPS),
      gapMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 3000 })),
      lengthMs: fc.integer({ min: 1, max: 20_000 }),
      heardOfStartMs: fc.integer({ min: 0, max: SETTLE_MS }),
      heardOfEndMs: fc.integer({ min: 0, max: SETTLE_MS }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((steps) => {
    const freeAt = new Map(IPS.map((ip) => [ip, 1000]));
    return steps.map((step, index): Tenancy => {
      const fromMs = freeAt.get(step.ip)! + step.gapMs;
      const toMs = fromMs + step.lengthMs;
      freeAt.set(step.ip, toMs);
      return { ...step, fromMs, toMs, identity: ofPod(podIdentity(`pod-${index}`)) };
    });
  });

/** Records in the order in which they come, some of them late by a long time. */
const batches = fc.array(
  fc.record({
    passMs: fc.integer({ min: 0, max: 6000 }),
    /** The lost and the late ones among notifications do not matter, so some are sent, of anything. */
    notice: fc.constantFrom(undefined, undefined, undefined, '*', IPS[0], IPS.join(',')),
    flows: fc.array(
      fc.record({
        source: fc.constantFrom(...IPS),
        destination: fc.constantFrom(...IPS),
        agoMs: fc.oneof(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 0, max: 60_000 })),
        lengthMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10_000 })),
      }),
      { minLength: 1, maxLength: 8 },
    ),
  }),
  { minLength: 1, maxLength: 12 },
);

function ownersDuring(
  tenancies: readonly Tenancy[],
  ip: string,
  startMs: number,
  endMs: number,
): Set<string> {
  const during = tenancies.filter((one) => one.ip === ip && one.fromMs <= endMs && startMs < one.toMs);
  return new Set(during.map(({ identity }) => identity.pods[0].uid));
}

describe('whoever is named', () => {
  it('had the address, and nobody else while the packets flowed', async () => {
    let named = 0;
    await fc.assert(
      fc.asyncProperty(histories, batches, async (tenancies, sent) => {
        const clock = new UnhurriedClock(1000);
        const book = new AddressBook(100);
        const identifier = new Identifier({
          source: new LaggingStore(tenancies, () => clock.now()),
          guard: new PortGuard({ clock, timeoutMs: 1000, pauseMs: 100 }),
          describer: new IdentityDescriber({ clusterDomain: 'cluster.local', promotedLabels: [] }),
          book,
          clock,
          settleMs: SETTLE_MS,
        });
        for (const { passMs, notice, flows } of sent) {
          clock.advance(passMs);
          if (notice !== undefined) identifier.forget(notice);
          // As the enricher waits: the last packet is as old as the store may be behind.
          const cameMs = clock.now();
          const works = flows.map(({ source, destination, agoMs, lengthMs }): IdentifiedFlow => {
            const endMs = cameMs - agoMs;
            return {
              source: book.read(source),
              destination: book.read(destination),
              startMs: endMs - lengthMs,
              endMs,
              sourceIdentity: undefined,
              destinationIdentity: undefined,
            };
          });
          const youngest = Math.max(...works.map(({ endMs }) => endMs));
          clock.advance(Math.max(0, youngest + SETTLE_MS - cameMs));
          await identifier.identify(works);
          for (const { source, destination, sourceIdentity, destinationIdentity, startMs, endMs } of works) {
            for (const [address, identity] of [
              [source, sourceIdentity],
              [destination, destinationIdentity],
            ] as const) {
              const owners = ownersDuring(tenancies, address!.text, startMs, endMs);
              const atEnds = new Set([
                ...ownersDuring(tenancies, address!.text, startMs, startMs),
                ...ownersDuring(tenancies, address!.text, endMs, endMs),
              ]);
              if (identity === undefined) {
                // One owner from the first to the last packet is found, where no other record blurs the times that are asked.
                const whole = tenancies.some(
                  (one) => one.ip === address!.text && one.fromMs <= startMs && endMs < one.toMs,
                );
                expect(whole && flows.length === 1).toBe(false);
              } else {
                named++;
                expect([...owners]).toContain(identity.podUids[0]);
                expect([...atEnds]).toEqual([identity.podUids[0]]);
              }
            }
          }
        }
      }),
      { numRuns: 400 },
    );
    expect(named).toBeGreaterThan(1000);
  });
});

import { expect, onTestFinished, test } from 'vitest';
import { HttpReceiver } from '../../services/probe/transport/http-receiver.ts';
import { PlainConnector } from '../../services/probe/transport/plain-connector.ts';
import { PROBE_COUNTERS } from '../../services/probe/transport/probe-counters.ts';
import { namedEvent, ndjson } from '../fixtures/flow-batch.ts';
import type { TestEnrichmentChanges } from '../fixtures/running-enrichment.ts';
import { runTestEnrichment } from '../fixtures/running-enrichment.ts';
import type { TestDelivery } from '../fixtures/test-delivery.ts';
import { startDelivery } from '../fixtures/test-delivery.ts';

/** A delivery to an enrichment that takes it, with all counters that a probe has. */
async function deliverTo(changes: TestEnrichmentChanges = {}) {
  const enrichment = await runTestEnrichment(changes);
  const receiver = new HttpReceiver({
    url: new URL(enrichment.url),
    tokenFile: undefined,
    tls: { caFile: undefined, certFile: undefined, keyFile: undefined },
    connector: new PlainConnector(),
    timeoutMs: 10_000,
    maxConnections: 2,
    userAgent: 'test',
  });
  onTestFinished(() => receiver.close());
  const counters = Object.fromEntries(PROBE_COUNTERS.map(({ name }, index) => [name, index + 0.5]));
  const delivery = await startDelivery({ receiver, counters: () => counters });
  return { enrichment, delivery };
}

function writeEvents({ output }: TestDelivery, first: number, count: number): void {
  const events = Array.from({ length: count }, (_, index) => namedEvent(`event-${first + index}`));
  const lines = Buffer.from(ndjson(events));
  output.write(lines, lines.length);
}

test('enrichment takes what a probe delivers, its counters too', async () => {
  const { delivery } = await deliverTo();
  writeEvents(delivery, 0, 500);
  await delivery.close();
  expect(delivery.logged).toEqual([]);
  expect(delivery.counts).toMatchObject({ deliveredEvents: 500, refusedBatches: 0, rejectedEvents: 0 });
});

test('what is too much for enrichment comes in parts', async () => {
  const { delivery } = await deliverTo({ limits: { maxLines: 60 } });
  writeEvents(delivery, 0, 500);
  await delivery.close();
  expect(delivery.counts).toMatchObject({ deliveredEvents: 500, refusedBatches: 0 });
  expect(delivery.counts.splitBatches).toBeGreaterThan(0);
});

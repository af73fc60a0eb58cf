import type { EcsFlow } from '../../enrichment/document/ecs-flow.ts';
import { Enricher } from '../../enrichment/document/enrich-batch.ts';
import { PostgresNameSource } from '../../enrichment/identify/postgres-name-source.ts';
import type { Clock } from '../../runtime/clock.ts';
import { MemoryObjectSource } from '../../runtime/kubernetes/memory-object-source.ts';
import type { Logger } from '../../runtime/logger.ts';
import { MapCache } from '../../runtime/memcached/map-cache.ts';
import { CachedTranslationStore } from '../../runtime/memcached/translation-store.ts';
import type { DemoDocument } from './demo-document.ts';
import { SERVICE_PORTS } from './demo-network.ts';
import type { DemoPodObject } from './demo-objects.ts';
import { applyDemoObjects, DEMO_NAMESPACE, demoPodUid } from './demo-objects.ts';
import { openStateStore } from './embedded-state-store.ts';

/** The two that talk in the recording (RFC 5737, RFC 3849). */
const WEB: DemoPodObject = {
  name: 'web',
  app: 'web',
  version: 'v1',
  addresses: ['192.0.2.10', '2001:db8::10'],
};
const SHOP: DemoPodObject = {
  name: 'shop-1',
  app: 'shop',
  version: 'v1',
  addresses: ['192.0.2.20', '2001:db8::20'],
};

const HOUR_MS = 3_600_000;

export interface Naming {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

type RecordedEvent = EcsFlow & {
  readonly '@timestamp': string;
  readonly flowtap: { readonly window: { readonly start: string } };
};

export interface RecordedDocument extends DemoDocument {
  /** Of the window it belongs to. */
  readonly windowStart: string;
}

/** Gives the recorded events their names, as enrichment does with those of the probe in the pod web. */
export async function nameRecording(
  lines: readonly string[],
  naming: Naming,
): Promise<readonly RecordedDocument[]> {
  const events = lines.map((line) => JSON.parse(line) as RecordedEvent);
  const windowStarts = events.map((event) => event.flowtap.window.start);
  const source = new MemoryObjectSource();
  applyDemoObjects(source, {
    nodeAddress: '192.0.2.1',
    pods: [WEB, SHOP],
    service: { name: 'shop', addresses: [], ports: SERVICE_PORTS, pods: [SHOP] },
    sinceMs: Date.parse(events[0]['@timestamp']) - HOUR_MS,
  });
  const store = await openStateStore(source, naming);
  try {
    const enricher = new Enricher({
      clock: naming.clock,
      translations: new CachedTranslationStore(new MapCache(naming.clock, 1)),
      names: new PostgresNameSource(store.sql),
      cluster: 'demo',
      settleMs: 0,
      translationWaitMs: 0,
    });
    const pod = { namespace: DEMO_NAMESPACE, name: WEB.name, uid: demoPodUid(WEB.name) };
    const documents = await enricher.enrich(events, { pod, ips: WEB.addresses, lossy: false });
    return documents.map((document, index) => ({ ...document, windowStart: windowStarts[index] }));
  } finally {
    await store.close();
  }
}

import { createHash } from 'node:crypto';
import type { EcsFlow } from '../../services/enrichment/document/ecs-flow.ts';
import type { EnrichedDocument } from '../../services/enrichment/document/enriched-document.ts';
import type { Sender } from '../../services/enrichment/document/sender.ts';
import type { EventEnricher } from '../../services/enrichment/receive/flow-receiver.ts';

/** Makes documents of events as they are. An event whose id begins with `poison` breaks its batch. */
export class PassThroughEnricher implements EventEnricher {
  readonly senders: Sender[] = [];

  async enrich(events: readonly EcsFlow[], sender: Sender): Promise<readonly EnrichedDocument[]> {
    this.senders.push(sender);
    const documents = events.map((event) => {
      if (event.event?.id?.startsWith('poison')) throw new TypeError('poison');
      const what = event.event?.id ?? JSON.stringify(event);
      return {
        stream: 'logs-flowtap.flow-default',
        id: createHash('sha1')
          .update(`${sender.pod?.uid ?? sender.name}\n${what}`)
          .digest('base64url'),
        body: JSON.stringify(event),
      };
    });
    return documents;
  }
}

import type { EcsFlow, FlowtapFields } from './ecs-flow.ts';
import type { PassedText } from './passed-text.ts';
import { PASSED } from './passed-text.ts';

/** Adds the members of a probe's event but for its ends, as JSON: what was read of it, in the text that it came in. */
export function writeProbeEvent(pieces: string[], event: EcsFlow, passed: PassedText): void {
  const { flow, network } = event;
  const { id, created, ingested } = event.event!;
  pieces.push(passed.head, ',', passed.origin, passed.log, ',"event":{', passed.event);
  pieces.push(',"id":"', id!, '","created":"', created as string, '","ingested":"', ingested as string);
  pieces.push('"},"flow":{"id":"', flow!.id!, flow!.final ? '","final":true},' : '","final":false},');
  pieces.push('"network":{', passed.network, ',"direction":"', network!.direction!, '","community_id":');
  pieces.push(JSON.stringify(network!.community_id), ',', passed.volume, '},"related":');
  pieces.push(JSON.stringify(event.related), ',"flowtap":{');
  writeFlowtap(pieces, event.flowtap!, passed.flowtap);
  pieces.push('},"message":', JSON.stringify(event.message));
}

function writeFlowtap(pieces: string[], flowtap: FlowtapFields, passed: string): void {
  const { initiator, tcp } = flowtap;
  pieces.push('"initiator":{"evidence":"', initiator!.evidence!, '"}', passed);
  if (tcp !== undefined) {
    pieces.push(',"tcp":{"source":', tcp.source[PASSED]!, ',"destination":', tcp.destination[PASSED]!, '}');
  }
  for (const name of ['original', 'nat', 'source', 'destination', 'loss', 'enrichment'] as const) {
    if (flowtap[name] !== undefined) pieces.push(',"', name, '":', JSON.stringify(flowtap[name]));
  }
}

import type { EcsEnd, EcsFlow } from './ecs-flow.ts';
import type { FlowEnd } from './flow-end.ts';
import { PASSED } from './passed-text.ts';
import { writeProbeEvent } from './write-probe-event.ts';

/**
 * The document as JSON. What is the same for all flows of an identity or address is JSON already, and put in as it is;
 * the event's own fields are written around it.
 *
 * @param sourceGeo members `geo` and `as`, or nothing
 * @param common members that the whole batch has
 */
export function writeDocument(
  event: EcsFlow,
  source: FlowEnd,
  sourceGeo: string,
  destination: FlowEnd,
  destinationGeo: string,
  common: string,
): string {
  const pieces = ['{'];
  const passed = event[PASSED];
  if (passed === undefined) pieces.push(writeRest(event));
  else writeProbeEvent(pieces, event, passed);
  pieces.push(',', common, ',"source":{');
  writeEnd(pieces, event.source, source, sourceGeo);
  pieces.push('},"destination":{');
  writeEnd(pieces, event.destination, destination, destinationGeo);
  pieces.push('}}');
  // Not by `+`: that would link the pieces, which are far apart in memory, and have them gone through once more.
  return pieces.join('');
}

/** All but the ends: what is undefined is left out of JSON. */
function writeRest(event: EcsFlow): string {
  const { source, destination } = event;
  const rest = event as { source?: EcsEnd | undefined; destination?: EcsEnd | undefined };
  rest.source = undefined;
  rest.destination = undefined;
  const json = JSON.stringify(event).slice(1, -1);
  rest.source = source;
  rest.destination = destination;
  return json;
}

function writeEnd(pieces: string[], end: EcsEnd, { identity, service }: FlowEnd, geo: string): void {
  if (geo !== '') {
    if (end.geo !== undefined && geo.includes('"geo":')) end.geo = undefined;
    if (end.as !== undefined && geo.includes('"as":')) end.as = undefined;
  }
  if (identity !== undefined && end.kubernetes !== undefined) end.kubernetes = undefined;
  let comma = '';
  const own = JSON.stringify(end);
  if (own !== '{}') {
    pieces.push(own.slice(1, -1));
    comma = ',';
  }
  if (geo !== '') {
    pieces.push(comma, geo);
    comma = ',';
  }
  if (identity === undefined) return;
  const { members } = identity;
  pieces.push(comma, '"kubernetes":{', members);
  if (service !== undefined) pieces.push(members === '' ? '"service":' : ',"service":', service.json);
  pieces.push('}');
}

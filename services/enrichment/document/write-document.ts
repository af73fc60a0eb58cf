import type { EcsEnd, EcsFlow } from './ecs-flow.ts';
import type { FlowEnd } from './flow-end.ts';

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
  const from = writeEnd(event.source, source, sourceGeo);
  const to = writeEnd(event.destination, destination, destinationGeo);
  // Without its ends: what is undefined is left out of JSON.
  const rest = event as { source?: EcsEnd | undefined; destination?: EcsEnd | undefined };
  rest.source = undefined;
  rest.destination = undefined;
  return `${JSON.stringify(event).slice(0, -1)},${common},"source":${from},"destination":${to}}`;
}

function writeEnd(end: EcsEnd, { identity, service }: FlowEnd, geo: string): string {
  let members = '';
  if (geo !== '') {
    members = geo;
    if (end.geo !== undefined && geo.includes('"geo":')) end.geo = undefined;
    if (end.as !== undefined && geo.includes('"as":')) end.as = undefined;
  }
  if (identity !== undefined) {
    if (end.kubernetes !== undefined) end.kubernetes = undefined;
    if (members !== '') members += ',';
    const inner =
      service === undefined
        ? identity.members
        : `${identity.members}${identity.members === '' ? '' : ','}"service":${service.json}`;
    members += `"kubernetes":{${inner}}`;
  }
  const own = JSON.stringify(end);
  if (members === '') return own;
  return own.length === 2 ? `{${members}}` : `${own.slice(0, -1)},${members}}`;
}

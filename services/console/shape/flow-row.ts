import type { FlowDocument, FlowRow, FlowRowEnd } from '../flow-source.ts';
import { endOf } from './end.ts';
import { numberAt, textAt, valueAt } from './read-document.ts';

/** A document as a row of the table of flows. */
export function flowRow(document: FlowDocument): FlowRow {
  return {
    flowId: textAt(document, 'flow.id') ?? '',
    communityId: textAt(document, 'network.community_id'),
    at: textAt(document, '@timestamp') ?? '',
    transport: textAt(document, 'network.transport'),
    source: rowEnd(document, 'source'),
    destination: rowEnd(document, 'destination'),
    lostBytes:
      numberAt(document, 'flowtap.loss.source.bytes') + numberAt(document, 'flowtap.loss.destination.bytes'),
    endReason: textAt(document, 'flowtap.end_reason'),
  };
}

function rowEnd(document: FlowDocument, side: 'source' | 'destination'): FlowRowEnd {
  const port = valueAt(document, `${side}.port`);
  return {
    ...endOf(side, 'address', (field) => valueAt(document, field)),
    ip: textAt(document, `${side}.ip`),
    port: typeof port === 'number' ? port : undefined,
    bytes: numberAt(document, `${side}.bytes`),
    packets: numberAt(document, `${side}.packets`),
  };
}

import type { FlowDocument } from '../../console/flow-source.ts';
import { formatEndpoint } from '../../console/page/format.ts';
import { flowRow } from '../../console/shape/flow-row.ts';
import { textAt } from '../../console/shape/read-document.ts';
import { printable } from '../../runtime/terminal.ts';
import { endText } from '../flows/end-text.ts';

/** What a line for people says of a flow in one window. */
export interface FlowLine {
  /** `2026-01-15 10:03:10`, the end of the window, UTC. */
  readonly time: string;
  readonly transport: string;
  readonly source: string;
  readonly destination: string;
  /** The service that was called, else that of the pod that answered. */
  readonly service: string;
  /** Of the source, then of the destination. */
  readonly bytes: string;
  readonly packets: string;
  readonly lostBytes: number;
  readonly endReason: string;
}

export function flowLine(document: FlowDocument): FlowLine {
  const { at, transport, source, destination, lostBytes, endReason } = flowRow(document);
  return {
    time: at.slice(0, 19).replace('T', ' '),
    transport: printable(transport ?? ''),
    source: formatEndpoint(endText(source), source.port),
    destination: formatEndpoint(endText(destination), destination.port),
    service: serviceText(document),
    bytes: `${source.bytes}/${destination.bytes}`,
    packets: `${source.packets}/${destination.packets}`,
    lostBytes,
    endReason: printable(endReason ?? ''),
  };
}

/** One line that needs no header. */
export function compactLine(line: FlowLine): string {
  const { time, transport, source, destination, service, bytes, packets, lostBytes, endReason } = line;
  return [
    `${time.replace(' ', 'T')}Z`,
    transport,
    `${source} -> ${destination}`,
    service === '' ? '' : `(${service})`,
    `${bytes} bytes`,
    `${packets} packets`,
    lostBytes === 0 ? '' : `${lostBytes} lost`,
    endReason,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function serviceText(document: FlowDocument): string {
  for (const path of ['flowtap.nat.service', 'destination.kubernetes.service']) {
    const [namespace, name] = [textAt(document, `${path}.namespace`), textAt(document, `${path}.name`)];
    if (name !== undefined) return printable(namespace === undefined ? name : `${namespace}/${name}`);
  }
  return '';
}

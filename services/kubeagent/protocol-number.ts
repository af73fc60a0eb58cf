import { SCTP, TCP, UDP } from '../core/protocol.ts';

/** IANA's number of a protocol as the API names it; without a name it is TCP. */
export function protocolNumber(name: string | undefined): number {
  if (name === 'UDP') return UDP;
  return name === 'SCTP' ? SCTP : TCP;
}

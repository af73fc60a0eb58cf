/** TCP flags (RFC 9293, section 3.1). */
export const FIN = 0x01;
export const SYN = 0x02;
export const PSH = 0x08;
export const ACK = 0x10;

/** A conversation of fewer packets sends its request with the handshake's last one and ends without a last ACK. */
const LONG_CONVERSATION = 8;
const SEGMENT_BYTES = 1428;

/** What one packet of a conversation carries. One object serves all packets. */
export interface ConversationStep {
  fromClient: boolean;
  tcpFlags: number;
  payloadBytes: number;
}

/** Sets `step` to packet `nth` (from 0) of a TCP conversation of `count` packets (at least 5). */
export function tcpStep(step: ConversationStep, nth: number, count: number): void {
  const long = count >= LONG_CONVERSATION;
  const left = count - nth - (long ? 1 : 0);
  if (nth === 0) set(step, true, SYN, 0);
  else if (nth === 1) set(step, false, SYN | ACK, 0);
  else if (nth === 2) set(step, true, long ? ACK : PSH | ACK, long ? 0 : 210);
  else if (left === 2) set(step, false, FIN | PSH | ACK, long ? 0 : 640);
  else if (left === 1) set(step, true, FIN | ACK, 0);
  else if (left === 0) set(step, false, ACK, 0);
  else dataStep(step, (nth - 3) % 6);
}

/** Sets `step` to packet `nth` of a UDP conversation: requests and answers take turns. */
export function udpStep(step: ConversationStep, nth: number): void {
  if (nth % 2 === 0) set(step, true, 0, 60);
  else set(step, false, 0, 420);
}

/** A request, three segments of answer, two acknowledgements, and again. */
function dataStep(step: ConversationStep, turn: number): void {
  if (turn === 0) set(step, true, PSH | ACK, 330);
  else if (turn === 1 || turn === 2) set(step, false, ACK, SEGMENT_BYTES);
  else if (turn === 4) set(step, false, PSH | ACK, 700);
  else set(step, true, ACK, 0);
}

function set(step: ConversationStep, fromClient: boolean, tcpFlags: number, payloadBytes: number): void {
  step.fromClient = fromClient;
  step.tcpFlags = tcpFlags;
  step.payloadBytes = payloadBytes;
}

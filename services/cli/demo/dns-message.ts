// RFC 1035 section 4.1: a header of 12 bytes, the question (name, type, class), then answers.

/** RFC 1035 section 3.2.2, RFC 3596 section 2.1. */
export const DNS_TYPE_A = 1;
export const DNS_TYPE_AAAA = 28;

const HEADER_BYTES = 12;
const CLASS_INTERNET = 1;
const RECURSION_DESIRED = 0x0100;
/** A response, recursion desired and available. */
const RESPONSE_FLAGS = 0x8180;
/** RFC 1035 section 4.1.4: a pointer to the question's name. */
const NAME_OF_QUESTION = 0xc000 | HEADER_BYTES;
const ANSWER_HEADER_BYTES = 12;
const TIME_TO_LIVE_SECONDS = 60;

/** A query for the records of one type of a name. */
export function encodeDnsQuery(id: number, name: string, type: number): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(`${String.fromCharCode(label.length)}${label}`));
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(RECURSION_DESIRED, 2);
  header.writeUInt16BE(1, 4);
  const question = Buffer.alloc(5);
  question.writeUInt16BE(type, 1);
  question.writeUInt16BE(CLASS_INTERNET, 3);
  return Buffer.concat([header, ...labels, question]);
}

/** The type that a query made by `encodeDnsQuery` asks for. */
export function dnsQueryType(query: Buffer): number {
  return query.readUInt16BE(query.length - 4);
}

/** The response to such a query with one address, of 4 or 16 bytes. */
export function encodeDnsAnswer(query: Buffer, address: Uint8Array): Buffer {
  const answer = Buffer.alloc(ANSWER_HEADER_BYTES);
  answer.writeUInt16BE(NAME_OF_QUESTION, 0);
  answer.writeUInt16BE(dnsQueryType(query), 2);
  answer.writeUInt16BE(CLASS_INTERNET, 4);
  answer.writeUInt32BE(TIME_TO_LIVE_SECONDS, 6);
  answer.writeUInt16BE(address.length, 10);
  const response = Buffer.concat([query, answer, address]);
  response.writeUInt16BE(RESPONSE_FLAGS, 2);
  response.writeUInt16BE(1, 6);
  return response;
}

import koffi from 'koffi';
import { parseIp } from '../../../services/core/ip-address.ts';
import type { PodPing } from './pod-process.ts';

const AF_INET = 2;
const SOCK_RAW = 3;
const IPPROTO_ICMP = 1;
/** sizeof(struct sockaddr_in) */
const ADDRESS_BYTES = 16;
const ECHO_REQUEST = 8;
const HEADER_BYTES = 8;
const DATA_BYTES = 56;

/** Sends echo requests of 56 bytes, as `ping` does. Needs root. */
export function sendEchoRequests({ ip, count, identifier }: PodPing): void {
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int, int, int)');
  const sendTo = libc.func('intptr_t sendto(int, void *, size_t, int, void *, uint32_t)');
  const close = libc.func('int close(int)');
  const descriptor = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);
  if (descriptor < 0) throw new Error(`socket: errno ${koffi.errno()}`);
  try {
    const address = Buffer.alloc(ADDRESS_BYTES);
    address.writeUInt16LE(AF_INET, 0);
    address.set(parseIp(ip)!, 4);
    for (let sequence = 1; sequence <= count; sequence++) {
      const message = echoRequest(identifier, sequence);
      const sent = Number(sendTo(descriptor, message, message.length, 0, address, address.length));
      if (sent !== message.length) throw new Error(`sendto: errno ${koffi.errno()}`);
    }
  } finally {
    close(descriptor);
  }
}

function echoRequest(identifier: number, sequence: number): Buffer {
  const message = Buffer.alloc(HEADER_BYTES + DATA_BYTES, 'x');
  message.writeUInt8(ECHO_REQUEST, 0);
  message.writeUInt8(0, 1);
  message.writeUInt16BE(0, 2);
  message.writeUInt16BE(identifier, 4);
  message.writeUInt16BE(sequence, 6);
  message.writeUInt16BE(checksum(message), 2);
  return message;
}

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

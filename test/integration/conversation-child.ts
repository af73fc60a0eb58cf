/** Holds conversations in the network namespace it is started in: see conversations.ts, which starts it. */
import type { RemoteInfo } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer, isIPv6 } from 'node:net';

import koffi from 'koffi';

import { parseIp } from '../../services/core/ip-address.ts';
import type { Conversation, ConversationReply, ServedPorts } from './conversations.ts';

const DNS_PORT = 53;

const reply = (message: ConversationReply): void => void process.send?.(message);

const socketType = (address: string): 'udp4' | 'udp6' => (isIPv6(address) ? 'udp6' : 'udp4');

async function serve({ addresses, tcp, udp }: ServedPorts): Promise<void> {
  for (const address of addresses) {
    for (const port of tcp) await serveTcp(address, port);
    await serveUdp(address, udp, (request) => request);
    await serveUdp(address, DNS_PORT, answerDns);
  }
}

async function serveTcp(address: string, port: number): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(port, address);
  await once(server, 'listening');
}

async function serveUdp(address: string, port: number, answer: (request: Buffer) => Buffer): Promise<void> {
  const socket = createSocket(socketType(address));
  socket.on('message', (request: Buffer, from: RemoteInfo) => {
    socket.send(answer(request), from.port, from.address);
  });
  socket.bind(port, address);
  await once(socket, 'listening');
}

/** A response (RFC 1035 section 4.1) with one A record, 192.0.2.1, to a question of one name. */
function answerDns(query: Buffer): Buffer {
  const header = Buffer.from(query.subarray(0, 12));
  header.writeUInt16BE(0x8580, 2);
  header.writeUInt16BE(1, 6);
  header.fill(0, 8);
  const questionBytes = query.indexOf(0, 12) + 5 - 12;
  const record = Buffer.from('c00c 0001 0001 0000003c 0004 c0000201'.replaceAll(' ', ''), 'hex');
  return Buffer.concat([header, query.subarray(12, 12 + questionBytes), record]);
}

const kept: Socket[] = [];

async function hold(conversation: Conversation): Promise<number | undefined> {
  if (conversation.kind === 'tcp') return await talkTcp(conversation);
  if (conversation.kind === 'tcp-refused') return await beRefused(conversation);
  if (conversation.kind === 'udp') return await talkUdp(conversation);
  if (conversation.kind === 'dns') await askDns(conversation);
  else echoIcmp(conversation);
  return undefined;
}

type Of<Kind> = Extract<Conversation, { readonly kind: Kind }>;

async function talkTcp({ address, port, bytes, staysOpen }: Of<'tcp'>): Promise<number> {
  const socket = connect(port, address);
  await once(socket, 'connect');
  const { port: localPort } = socket.address() as AddressInfo;
  let echoed = 0;
  socket.on('data', (chunk) => {
    echoed += chunk.length;
    if (echoed === bytes) socket.emit('echoed');
  });
  socket.write(Buffer.alloc(bytes, 'flowtap'));
  await once(socket, 'echoed');
  if (staysOpen === true) kept.push(socket);
  else {
    socket.end();
    await once(socket, 'close');
  }
  return localPort;
}

async function beRefused({ address, port }: Of<'tcp-refused'>): Promise<undefined> {
  const socket = connect(port, address);
  const [error] = await once(socket, 'error').catch((thrown) => [thrown]);
  if (error.code !== 'ECONNREFUSED') throw error;
}

async function talkUdp({ address, port, localPort, bytes }: Of<'udp'>): Promise<number> {
  const socket = createSocket(socketType(address));
  socket.bind(localPort ?? 0);
  await once(socket, 'listening');
  const answered = once(socket, 'message');
  socket.send(Buffer.alloc(bytes, 'flowtap'), port, address);
  await answered;
  const { port: usedPort } = socket.address();
  socket.close();
  return usedPort;
}

async function askDns({ address, name }: Of<'dns'>): Promise<void> {
  const resolver = new Resolver();
  resolver.setServers([isIPv6(address) ? `[${address}]` : address]);
  const addresses = await resolver.resolve4(name);
  if (addresses.join() !== '192.0.2.1') throw new Error(`${name} was resolved as ${addresses}`);
}

// linux/socket.h, linux/in.h, linux/in6.h.
const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const IPPROTO_ICMP = 1;
const IPPROTO_ICMPV6 = 58;
const ECHO_REQUEST = 8;
const ECHO_REQUEST_6 = 128;

/** By a ping socket (icmp(7)): the kernel sets identifier and checksum, and gives back the answer alone. */
function echoIcmp({ address, bytes }: Of<'echo'>): void {
  const libc = koffi.load('libc.so.6');
  const is6 = isIPv6(address);
  writeFileSync('/proc/sys/net/ipv4/ping_group_range', '0 0');
  const socket = libc.func('int socket(int, int, int)');
  const connectTo = libc.func('int connect(int, void *, uint32_t)');
  const send = libc.func('intptr_t send(int, void *, size_t, int)');
  const receive = libc.func('intptr_t recv(int, void *, size_t, int)');
  const close = libc.func('int close(int)');
  const descriptor = socket(is6 ? AF_INET6 : AF_INET, SOCK_DGRAM, is6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
  const message = Buffer.alloc(8 + bytes);
  message[0] = is6 ? ECHO_REQUEST_6 : ECHO_REQUEST;
  const to = socketAddress(address);
  const isSent =
    connectTo(descriptor, to, to.length) === 0 && send(descriptor, message, message.length, 0) > 0;
  if (!isSent || receive(descriptor, message, message.length, 0) !== message.length) {
    throw new Error(`No echo from ${address}: errno ${koffi.errno()}`);
  }
  close(descriptor);
}

/** struct sockaddr_in or sockaddr_in6, without a port. */
function socketAddress(address: string): Buffer {
  const is6 = isIPv6(address);
  const bytes = Buffer.alloc(is6 ? 28 : 16);
  bytes.writeUInt16LE(is6 ? AF_INET6 : AF_INET, 0);
  bytes.set(parseIp(address)!, is6 ? 8 : 4);
  return bytes;
}

process.once('disconnect', () => process.exit());
const ports = process.argv[2];
if (ports !== undefined) await serve(JSON.parse(ports) as ServedPorts);
process.on('message', (message) => {
  hold(message as Conversation).then(
    (localPort) => reply({ localPort }),
    (error) => reply({ error: String(error) }),
  );
});
reply({});

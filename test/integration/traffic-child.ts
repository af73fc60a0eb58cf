/** Makes traffic in the network namespace it is started in: see traffic.ts, which starts it. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, openSync, writeSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import koffi from 'koffi';

import type { TrafficTask } from './traffic.ts';

type Task<Kind> = Extract<TrafficTask, { readonly kind: Kind }>;

const libc = koffi.load('libc.so.6');

// linux/udp.h.
const SOL_UDP = 17;
const UDP_SEGMENT = 103;

async function sendUdp(task: Task<'udp'>): Promise<void> {
  const { address, port, count, payloadBytes, segmentBytes } = task;
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0);
  await once(socket, 'listening');
  if (segmentBytes !== undefined) {
    const setsockopt = libc.func('int setsockopt(int, int, int, void *, uint32_t)');
    const { fd } = (socket as unknown as { readonly _handle: { readonly fd: number } })._handle;
    if (setsockopt(fd, SOL_UDP, UDP_SEGMENT, new Int32Array([segmentBytes]), 4) !== 0) {
      throw new Error('UDP_SEGMENT was refused');
    }
  }
  const payload = Buffer.alloc(payloadBytes, 'flowtap');
  for (let sent = 0; sent < count; sent++) {
    await new Promise<void>((resolve, reject) => {
      socket.send(payload, port, address, (error) => (error === null ? resolve() : reject(error)));
    });
  }
  socket.close();
}

async function serveTcp({ address, port }: Task<'tcp-serve'>): Promise<void> {
  const server = createServer();
  server.listen(port, address);
  await once(server, 'listening');
  process.send?.('ready');
  const [socket] = await once(server, 'connection');
  server.close();
  socket.resume();
  await once(socket, 'close');
}

async function sendTcp({ address, port, bytes }: Task<'tcp-send'>): Promise<void> {
  const socket = connect(port, address);
  socket.resume();
  await once(socket, 'connect');
  await pipeline(Readable.from(chunks(bytes)), socket, { end: true });
}

function* chunks(bytes: number): Generator<Buffer> {
  const chunk = Buffer.alloc(65_536, 'flowtap');
  for (let left = bytes; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
}

// linux/if_tun.h.
const TUNSETIFF = 0x400454ca;
const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;

async function holdTunDevice({ name }: Task<'tun'>): Promise<void> {
  const descriptor = openSync('/dev/net/tun', 'r+');
  const ioctl = libc.func('int ioctl(int, unsigned long, void *)');
  // struct ifreq: name (16), flags (2).
  const request = Buffer.alloc(40);
  request.write(name);
  request.writeUInt16LE(IFF_TUN | IFF_NO_PI, 16);
  if (ioctl(descriptor, TUNSETIFF, request) !== 0) throw new Error('TUNSETIFF was refused');
  process.send?.('ready');
  process.on('message', (packet) => {
    writeSync(descriptor, Buffer.from(String(packet), 'hex'));
    process.send?.('written');
  });
  await once(process, 'disconnect');
  closeSync(descriptor);
}

async function perform(task: TrafficTask): Promise<void> {
  if (task.kind === 'udp') await sendUdp(task);
  else if (task.kind === 'tcp-serve') await serveTcp(task);
  else if (task.kind === 'tcp-send') await sendTcp(task);
  else await holdTunDevice(task);
}

await perform(JSON.parse(process.argv[2]) as TrafficTask);
if (process.connected) process.disconnect();

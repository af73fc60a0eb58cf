// Opens many connections, or takes them and notes who came; see connection-burst.ts, which starts it.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import koffi from 'koffi';
import { parseIpv4 } from '../../../services/core/ip-address.ts';
import type { BurstOrder, BurstPlan } from './connection-burst.ts';

/** Ports of callers, by protocol. */
const callers = { tcp: [] as number[], udp: [] as number[] };

process.on('message', (order: BurstOrder) => {
  void carryOut(order).then((result) => process.send?.({ result }));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');

async function carryOut(order: BurstOrder): Promise<unknown> {
  if (order.kind === 'callers') return callers[order.protocol].splice(0);
  return order.kind === 'take' ? await take(order.port) : await open(order.plan);
}

async function take(port: number): Promise<void> {
  const server = createServer({ noDelay: true }, (socket) => {
    callers.tcp.push(socket.remotePort ?? 0);
    socket.on('error', () => undefined);
    socket.destroy();
  });
  server.listen({ port, host: '0.0.0.0', backlog: 4096 });
  await once(server, 'listening');
  const udp = createSocket({ type: 'udp4', recvBufferSize: 2 ** 24 });
  udp.on('message', (_message, { port: caller }) => callers.udp.push(caller));
  udp.bind(port);
  await once(udp, 'listening');
}

// linux/socket.h, asm-generic/socket.h.
const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const TURN_MS = 5;

/** Opens connections one after the other, in turns of some milliseconds, each from the next port. Gives the seconds it took. */
async function open({ protocol, ip, port, firstPort, count, perSecond }: BurstPlan): Promise<number> {
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int, int, int)');
  const bind = libc.func('int bind(int, void *, uint32_t)');
  const connect = libc.func('int connect(int, void *, uint32_t)');
  const send = libc.func('intptr_t send(int, void *, size_t, int)');
  const setsockopt = libc.func('int setsockopt(int, int, int, void *, uint32_t)');
  const close = libc.func('int close(int)');
  const one = new Uint32Array([1]);
  const payload = new Uint8Array([1]);
  const target = socketAddress(ip, port);
  const startMs = performance.now();
  for (let opened = 0; opened < count; ) {
    const due = Math.min(count, Math.ceil(((performance.now() - startMs + TURN_MS) / 1000) * perSecond));
    for (; opened < due; opened++) {
      const descriptor = socket(AF_INET, protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM, 0);
      setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, one, 4);
      const isBound = bind(descriptor, socketAddress('0.0.0.0', firstPort + opened), 16) === 0;
      if (!isBound || connect(descriptor, target, 16) !== 0) {
        throw new Error(`connection ${opened} could not be opened (errno ${koffi.errno()})`);
      }
      if (protocol === 'udp') send(descriptor, payload, 1, 0);
      close(descriptor);
    }
    await sleep(TURN_MS);
  }
  return (performance.now() - startMs) / 1000;
}

/** struct sockaddr_in: family in the order of the processor, port and address in network order. */
function socketAddress(ip: string, port: number): Uint8Array {
  const bytes = new Uint8Array(16);
  new Uint16Array(bytes.buffer, 0, 1)[0] = AF_INET;
  bytes[2] = port >> 8;
  bytes[3] = port & 0xff;
  bytes.set(parseIpv4(ip)!, 4);
  return bytes;
}

// Runs inside a pod's namespace: serves and calls as the test tells it over IPC. See pod-process.ts.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect, createServer, isIPv6 } from 'node:net';
import { sendEchoRequests } from './echo-requests.ts';
import type { KeptConnection, PodAnswer, PodCall, PodOrder } from './pod-process.ts';

/** A connection begins with this when it is to be kept. */
const KEEP = 'keep';

/** Requests served, by protocol. */
const served = { tcp: 0, udp: 0 };

let kept:
  | { readonly socket: Socket; readonly timer: NodeJS.Timeout; readonly connection: KeptConnection }
  | undefined;

process.on('message', (order: PodOrder & { readonly id: number }) => {
  void carryOut(order).then(
    (result) => process.send?.({ id: order.id, result }),
    (error: Error) => process.send?.({ id: order.id, error: error.message }),
  );
});
process.send?.('ready');

async function carryOut(order: PodOrder): Promise<unknown> {
  if (order.kind === 'serve') return await serve(order.port, order.name);
  if (order.kind === 'served') return { ...served };
  if (order.kind === 'keep') return await keep(order);
  if (order.kind === 'release') return await release();
  if (order.kind === 'ping') return sendEchoRequests(order.ping);
  const answers: PodAnswer[] = [];
  for (let count = 0; count < order.call.count; count++) {
    answers.push(await (order.call.protocol === 'tcp' ? callTcp(order.call) : callUdp(order.call)));
  }
  return answers;
}

/** Answers each request with the server's name and the caller's address and port. */
async function serve(port: number, name: string): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (first) => {
      if (String(first).startsWith(KEEP)) {
        socket.write(name);
        return;
      }
      served.tcp++;
      socket.end(JSON.stringify({ name, ip: socket.remoteAddress, port: socket.remotePort }));
    });
  });
  server.listen(port, '::');
  await once(server, 'listening');
  for (const type of ['udp4', 'udp6'] as const) {
    const socket = createSocket({ type, ipv6Only: type === 'udp6' });
    socket.on('message', (_message, { address, port: callerPort }) => {
      served.udp++;
      socket.send(JSON.stringify({ name, ip: address, port: callerPort }), callerPort, address);
    });
    socket.bind(port);
    await once(socket, 'listening');
  }
}

/** Opens a connection, and sends something on it now and then. */
async function keep({ ip, port, everyMs }: PodOrder & { readonly kind: 'keep' }): Promise<KeptConnection> {
  const socket = connect({ host: ip, port, noDelay: true });
  await once(socket, 'connect');
  socket.write(KEEP);
  const [name] = await once(socket, 'data');
  const connection = { name: String(name), localPort: socket.localPort ?? 0, sentBytes: KEEP.length };
  const timer = setInterval(() => {
    socket.write(KEEP);
    connection.sentBytes += KEEP.length;
  }, everyMs);
  kept = { socket, timer, connection };
  return connection;
}

async function release(): Promise<KeptConnection | undefined> {
  if (kept === undefined) return undefined;
  const { socket, timer, connection } = kept;
  clearInterval(timer);
  socket.end().resume();
  await once(socket, 'close');
  return connection;
}

async function callTcp({ ip, port, requestBytes }: PodCall): Promise<PodAnswer> {
  const socket = connect({ host: ip, port, noDelay: true });
  await once(socket, 'connect');
  const localPort = socket.localPort ?? 0;
  socket.write(Buffer.alloc(requestBytes, 'x'));
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return { ...JSON.parse(text), localPort };
}

async function callUdp({ ip, port, requestBytes }: PodCall): Promise<PodAnswer> {
  const socket = createSocket(isIPv6(ip) ? 'udp6' : 'udp4');
  socket.connect(port, ip);
  await once(socket, 'connect');
  const localPort = socket.address().port;
  socket.send(Buffer.alloc(requestBytes, 'x'));
  const [message] = await once(socket, 'message', { signal: AbortSignal.timeout(5000) });
  socket.close();
  return { ...JSON.parse(String(message)), localPort };
}

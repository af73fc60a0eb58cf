// What the pods of experiments run, from a ConfigMap. Each says who it is by its name and UID (POD_NAME, POD_UID).
// `serve tcp:8080 udp:53:ADDRESS …`: answers who it is, what it sees of the caller, and how much it got.
// `call`: makes the calls that come as JSON on standard input, all at once; gives what came of each.
// `live PROTOCOL:PORT … -- ADDRESS …`: serves, and calls the addresses one after the other until it is ended.
// With LOG_FILE each answer that was given or got is a line of that file.
import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import type { Server } from 'node:net';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CallOutcome, PodCall, TrafficAnswer, TrafficEnd, TrafficLogLine } from './traffic-call.mts';

const { POD_NAME: pod = '', POD_UID: uid = '', LOG_FILE: logFile } = process.env;
const WRITE_BYTES = 16_384;
const LIVE_PAUSE_MS = 250;
const LIVE_TIMEOUT_MS = 400;
const LIVE_BYTES = 300;
const STEADY_PORT = 9000;

type Side = Pick<TrafficLogLine, 'side' | 'protocol' | 'local' | 'remote' | 'fromMs' | 'toMs'>;

function log(line: Side): void {
  if (logFile === undefined) return;
  appendFileSync(logFile, `${JSON.stringify({ pod, uid, ...line } satisfies TrafficLogLine)}\n`);
}

/** Says so on standard output when all listen. */
async function serve(ports: readonly string[]): Promise<void> {
  const servers = ports.map((each) => {
    const [protocol, port, address] = each.split(':');
    const server = protocol === 'tcp' ? serveTcp(Number(port)) : serveUdp(Number(port), address);
    return once(server, 'listening');
  });
  await Promise.all(servers);
  console.log('serving');
}

/** Answers when the caller has sent all. */
function serveTcp(port: number): Server {
  return createServer({ allowHalfOpen: true }, (socket) => {
    const fromMs = Date.now();
    const remote = { ip: String(socket.remoteAddress), port: Number(socket.remotePort) };
    const local = { ip: String(socket.localAddress), port };
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
    });
    socket.on('error', () => undefined);
    socket.on('end', () => {
      socket.end(JSON.stringify({ pod, uid, ...remote, bytes } satisfies TrafficAnswer));
      log({ side: 'server', protocol: 'tcp', local, remote, fromMs, toMs: Date.now() });
    });
  }).listen(port, '0.0.0.0');
}

/** Of several addresses of the host, it answers from the one that it is bound to. */
function serveUdp(port: number, address?: string): Socket {
  const socket = createSocket('udp4');
  socket.on('message', (message, remote) => {
    const caller = { ip: remote.address, port: remote.port };
    const answer: TrafficAnswer = { pod, uid, ...caller, bytes: message.length };
    socket.send(JSON.stringify(answer), remote.port, remote.address);
    const nowMs = Date.now();
    const local = { ip: String(process.env.POD_IP), port };
    log({ side: 'server', protocol: 'udp', local, remote: caller, fromMs: nowMs, toMs: nowMs });
  });
  return socket.bind(port, address);
}

/** Throws where nobody answers in time. */
type Caller = (
  call: PodCall,
  signal: AbortSignal,
  isAt: (local: TrafficEnd) => void,
) => Promise<TrafficAnswer>;

const callTcp: Caller = async ({ host, port, localPort, bytes, bytesPerSecond }, signal, isAt) => {
  const socket = connect({ host, port, signal, ...(localPort !== undefined && { localPort }) });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  await once(socket, 'connect', { signal });
  isAt({ ip: String(socket.localAddress), port: Number(socket.localPort) });
  const ended = once(socket, 'end', { signal });
  ended.catch(() => undefined);
  for (let left = bytes; left > 0; left -= WRITE_BYTES) {
    const flushed = socket.write(Buffer.alloc(Math.min(left, WRITE_BYTES)));
    if (!flushed) await once(socket, 'drain', { signal });
    if (bytesPerSecond !== undefined) await sleep((WRITE_BYTES / bytesPerSecond) * 1000);
  }
  socket.end();
  await ended;
  return JSON.parse(text);
};

const callUdp: Caller = async ({ host, port, localHost, localPort = 0, bytes }, signal, isAt) => {
  const socket = createSocket('udp4');
  try {
    socket.bind(localPort, localHost);
    await once(socket, 'listening', { signal });
    socket.connect(port, host);
    await once(socket, 'connect', { signal });
    const { address: ip, port: boundPort } = socket.address();
    isAt({ ip, port: boundPort });
    socket.send(Buffer.alloc(bytes));
    const [message] = await once(socket, 'message', { signal });
    return JSON.parse(String(message));
  } finally {
    socket.close();
  }
};

async function call(wanted: PodCall): Promise<CallOutcome> {
  const { protocol, host, port, timeoutMs } = wanted;
  const fromMs = Date.now();
  let local: TrafficEnd | undefined;
  const isAt = (end: TrafficEnd): void => {
    local = end;
  };
  const make = protocol === 'tcp' ? callTcp : callUdp;
  const answer = await make(wanted, AbortSignal.timeout(timeoutMs), isAt).catch(() => undefined);
  const toMs = Date.now();
  if (local !== undefined && answer !== undefined) {
    log({ side: 'client', protocol, local, remote: { ip: host, port }, fromMs, toMs });
  }
  return { fromMs, toMs, ...(local && { local }), ...(answer && { answer }) };
}

/** By TCP and UDP in turn, each from a port of its own, and by UDP from the same port all the time. */
async function live(ports: readonly string[], hosts: readonly string[]): Promise<void> {
  await serve(ports);
  const steady = createSocket('udp4').bind(STEADY_PORT);
  const ownIp = String(process.env.POD_IP);
  const others = hosts.filter((host) => host !== ownIp);
  const udpPort = Number(ports.find((each) => each.startsWith('udp:'))?.split(':')[1]);
  steady.on('error', () => undefined);
  steady.on('message', (_message, { address: ip, port }) => {
    const nowMs = Date.now();
    const local = { ip: ownIp, port: STEADY_PORT };
    log({ side: 'client', protocol: 'udp', local, remote: { ip, port }, fromMs: nowMs, toMs: nowMs });
  });
  for (let turn = 0; ; turn++) {
    const [protocol, port] = ports[turn % ports.length].split(':') as ['tcp' | 'udp', string];
    const wanted = { protocol, port: Number(port), bytes: LIVE_BYTES, timeoutMs: LIVE_TIMEOUT_MS };
    for (const host of others) steady.send('still there?', udpPort, host, () => undefined);
    await Promise.all(others.map((host) => call({ ...wanted, host })));
    await sleep(LIVE_PAUSE_MS);
  }
}

for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(0));
const [task, ...args] = process.argv.slice(2);
if (task === 'call') {
  const calls: PodCall[] = JSON.parse(String(await process.stdin.toArray().then(Buffer.concat)));
  console.log(JSON.stringify(await Promise.all(calls.map(call))));
} else if (task === 'serve') {
  await serve(args);
} else {
  const end = args.indexOf('--');
  await live(args.slice(0, end), args.slice(end + 1));
}

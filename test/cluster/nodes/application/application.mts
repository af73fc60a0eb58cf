// What the pods of a cluster of tests run. `serve`: HTTP and UDP at port 8080 say who answers, and what it sees of the
// caller. `call URL COUNT`: requests, each from a port of its own; http://… or udp://host:port.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { Agent, createServer, get } from 'node:http';
import { hostname } from 'node:os';
import { text } from 'node:stream/consumers';

const PORT = 8080;
const ANSWER_MS = 5000;

/** Requests served so far. */
const served = { http: 0, udp: 0 };

/** Who answered, what it saw of the caller, and the caller's own port. */
interface Answer {
  readonly pod: string;
  readonly ip: string;
  readonly port: number;
  readonly localPort: number;
}

async function serve(): Promise<void> {
  const server = createServer(({ url, socket }, response) => {
    if (url === '/served') {
      response.end(JSON.stringify(served));
      return;
    }
    served.http++;
    response.end(JSON.stringify({ pod: hostname(), ip: socket.remoteAddress, port: socket.remotePort }));
  });
  server.listen(PORT, '0.0.0.0');
  const socket = createSocket('udp4');
  socket.on('message', (_message, { address, port }) => {
    served.udp++;
    socket.send(JSON.stringify({ pod: hostname(), ip: address, port }), port, address);
  });
  socket.bind(PORT);
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => process.exit(0));
}

async function callHttp(url: URL): Promise<Answer> {
  const request = get(url, { agent: new Agent({ keepAlive: false }) });
  const [response] = await once(request, 'response');
  const localPort = response.socket.localPort;
  return { ...JSON.parse(await text(response)), localPort };
}

async function callUdp({ hostname: host, port }: URL): Promise<Answer> {
  const socket = createSocket('udp4');
  socket.connect(Number(port), host);
  await once(socket, 'connect');
  const localPort = socket.address().port;
  socket.send('who is there');
  const [message] = await once(socket, 'message', { signal: AbortSignal.timeout(ANSWER_MS) });
  socket.close();
  return { ...JSON.parse(String(message)), localPort };
}

async function call(url: URL, count: number): Promise<void> {
  const answers: Answer[] = [];
  for (let made = 0; made < count; made++) {
    answers.push(await (url.protocol === 'udp:' ? callUdp(url) : callHttp(url)));
  }
  console.log(JSON.stringify(answers));
}

const [task, url, count] = process.argv.slice(2);
if (task === 'call') await call(new URL(url), Number(count));
else await serve();

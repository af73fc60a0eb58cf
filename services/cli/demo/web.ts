import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, get } from 'node:http';
import { connect, isIPv6 } from 'node:net';
import type { Clock } from '../../runtime/clock.ts';
import { DNS_TYPE_A, DNS_TYPE_AAAA, encodeDnsQuery } from './dns-message.ts';
import { SHOP_CLOSED_PORT, SHOP_DNS_PORT, SHOP_HTTP_PORT } from './shop-ports.ts';

/** What its process says when it begins. */
export const WEB_READY = 'Going to the shop.';

const ANSWER_TIMEOUT_MS = 1000;
const CATALOGUE_AFTER_MS = 1500;

/** What a customer does at one address, and how often. */
interface Habit {
  readonly everyMs: number;
  readonly act: (address: string) => Promise<void>;
}

/** Whom a customer visits: the shop at its service's addresses, and one of its pods. */
export interface ShopAddresses {
  readonly service: readonly string[];
  readonly pod: readonly string[];
}

/** Makes traffic with the shop at each of its addresses until the signal aborts; then it closes its connections. */
export async function visitShop(shop: ShopAddresses, signal: AbortSignal, clock: Clock): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const visits: readonly Habit[] = [
    { everyMs: 250, act: (address) => fetchPage(address, '/', agent) },
    { everyMs: 300, act: (address) => fetchPage(address, '/', false) },
    { everyMs: 1000, act: lookUpAndFetch },
  ];
  const mistakes: readonly Habit[] = [
    { everyMs: 2000, act: connectInVain },
    { everyMs: 2000, act: sendInVain },
  ];
  const repeat = async (address: string, { everyMs, act }: Habit): Promise<void> => {
    while (!signal.aborted) {
      await act(address);
      await clock.sleep(everyMs, signal);
    }
  };
  const fetchCatalogue = async (address: string): Promise<void> => {
    await clock.sleep(CATALOGUE_AFTER_MS, signal);
    if (!signal.aborted) await fetchPage(address, '/catalogue', false);
  };
  await Promise.all([
    ...shop.service.flatMap((address) => [
      ...visits.map((habit) => repeat(address, habit)),
      fetchCatalogue(address),
    ]),
    ...shop.pod.flatMap((address) => [
      ...mistakes.map((habit) => repeat(address, habit)),
      ping(address, signal),
    ]),
  ]);
  agent.destroy();
}

/** @param agent false for a connection of its own */
async function fetchPage(shop: string, path: string, agent: Agent | false): Promise<void> {
  const request = get({ host: shop, port: SHOP_HTTP_PORT, path, agent });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'close');
}

async function lookUpAndFetch(shop: string): Promise<void> {
  const socket = createSocket(isIPv6(shop) ? 'udp6' : 'udp4');
  const query = encodeDnsQuery(
    process.pid & 0xffff,
    'shop.example',
    isIPv6(shop) ? DNS_TYPE_AAAA : DNS_TYPE_A,
  );
  const answered = once(socket, 'message', { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  socket.send(query, SHOP_DNS_PORT, shop);
  // A datagram may get lost.
  await answered.catch(() => undefined);
  socket.close();
  await fetchPage(shop, '/', false);
}

/** Nobody listens: the answer is a reset. */
async function connectInVain(shop: string): Promise<void> {
  const socket = connect(SHOP_CLOSED_PORT, shop);
  socket.once('error', () => undefined);
  await new Promise((resolve) => socket.once('close', resolve));
}

/** Nobody listens: the answer is an ICMP message "port unreachable". */
async function sendInVain(shop: string): Promise<void> {
  const socket = createSocket(isIPv6(shop) ? 'udp6' : 'udp4');
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.send('is anybody there?', SHOP_CLOSED_PORT, shop, resolve));
  socket.close();
}

/** Once a second, where the command exists. */
async function ping(shop: string, signal: AbortSignal): Promise<void> {
  const child = spawn('ping', ['-n', '-q', isIPv6(shop) ? '-6' : '-4', shop], { stdio: 'ignore' });
  const end = (): boolean => child.kill('SIGINT');
  signal.addEventListener('abort', end, { once: true });
  await new Promise((resolve) => {
    child.once('error', resolve);
    child.once('exit', resolve);
  });
  signal.removeEventListener('abort', end);
}

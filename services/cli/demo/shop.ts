import type { Socket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import { isIPv6 } from 'node:net';
import { parseIp } from '../../core/ip-address.ts';
import { DNS_TYPE_AAAA, dnsQueryType, encodeDnsAnswer } from './dns-message.ts';
import { SHOP_DNS_PORT, SHOP_HTTP_PORT } from './shop-ports.ts';

/** What its process says when it listens. */
export const SHOP_READY = 'The shop is open.';

const PAGE = Buffer.from('<p>Apples, pears, plums.</p>\n');

/** What `/catalogue` gives. */
const CATALOGUE = Buffer.alloc(8 * 1024 * 1024, 'apples, pears, plums; ');

/** Serves HTTP and DNS at these addresses until it is closed. Rejects where it cannot listen. */
export async function openShop(addresses: readonly string[]): Promise<{ readonly close: () => void }> {
  const pages = await Promise.all(addresses.map(servePages));
  const names = await Promise.all(addresses.map((address) => serveNames(address, addresses)));
  return {
    close: () => {
      for (const server of pages) {
        server.close();
        server.closeAllConnections();
      }
      for (const socket of names) socket.close();
    },
  };
}

async function servePages(address: string): Promise<Server> {
  const server = createServer((request, response) => {
    response.end(request.url === '/catalogue' ? CATALOGUE : PAGE);
  });
  server.listen(SHOP_HTTP_PORT, address);
  await once(server, 'listening');
  return server;
}

/** Every name is the shop's. */
async function serveNames(address: string, addresses: readonly string[]): Promise<Socket> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  socket.on('message', (query, client) => {
    const wantsIpv6 = dnsQueryType(query) === DNS_TYPE_AAAA;
    const bytes = parseIp(addresses.find((candidate) => isIPv6(candidate) === wantsIpv6) ?? '');
    if (bytes !== undefined) socket.send(encodeDnsAnswer(query, bytes), client.port, client.address);
  });
  socket.bind(SHOP_DNS_PORT, address);
  await once(socket, 'listening');
  return socket;
}

import { readFile } from 'node:fs/promises';
import { TCP, UDP } from '../../core/protocol.ts';

export interface ListeningSocket {
  /** TCP or UDP. */
  readonly protocol: number;
  readonly port: number;
}

/** States of include/net/tcp_states.h as the socket tables print them; an unconnected UDP socket is in CLOSE. */
const TCP_LISTEN = '0A';
const TCP_CLOSE = '07';

const TABLES = [
  { file: 'tcp', protocol: TCP, state: TCP_LISTEN },
  { file: 'tcp6', protocol: TCP, state: TCP_LISTEN },
  { file: 'udp', protocol: UDP, state: TCP_CLOSE },
  { file: 'udp6', protocol: UDP, state: TCP_CLOSE },
] as const;

/**
 * The ports that this network namespace serves, by the kernel's socket tables (/proc/net/tcp and its like). A UDP
 * socket on a port of the ephemeral range is a client's. Empty where there are no such tables.
 *
 * @param procPath where procfs is mounted
 */
export async function listeningSockets(procPath = '/proc'): Promise<ListeningSocket[]> {
  const range = await readText(`${procPath}/sys/net/ipv4/ip_local_port_range`);
  const [ephemeralFrom = 32768, ephemeralTo = 60999] = (range.match(/\d+/g) ?? []).map(Number);
  const tables = await Promise.all(
    TABLES.map(async ({ file, protocol, state }) => {
      const ports = portsInState(await readText(`${procPath}/self/net/${file}`), state);
      return ports
        .filter((port) => protocol === TCP || port < ephemeralFrom || port > ephemeralTo)
        .map((port) => ({ protocol, port }));
    }),
  );
  return tables.flat();
}

/** Lines are `sl: local_address:port remote_address:port state …`, numbers in hexadecimal. */
function portsInState(table: string, state: string): number[] {
  return table
    .split('\n')
    .slice(1)
    .map((row) => row.trim().split(/\s+/))
    .filter((fields) => fields[3] === state)
    .map((fields) => Number.parseInt(fields[1].slice(fields[1].lastIndexOf(':') + 1), 16));
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'latin1');
  } catch {
    return '';
  }
}

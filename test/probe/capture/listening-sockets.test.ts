import type { Socket, SocketType } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { TestContext } from 'vitest';
import { afterEach, describe, expect, it } from 'vitest';
import { TCP, UDP } from '../../../services/core/protocol.ts';
import { listeningSockets } from '../../../services/probe/capture/listening-sockets.ts';
import { TemporaryFolder } from '../../fixtures/temporary-folder.ts';

const HEADER =
  '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
const ANY_4 = '00000000';
const LOOPBACK_4 = '0100007F';
const ANY_6 = '0'.repeat(32);
const LOOPBACK_6 = '00000000000000000000000001000000';

// include/net/tcp_states.h
const [ESTABLISHED, SYN_RECV, TIME_WAIT, CLOSE, LISTEN] = ['01', '03', '06', '07', '0A'];

/** A row of a socket table, as net/ipv4/tcp_ipv4.c prints it; the port in decimal. */
function row(address: string, port: number, state: string): string {
  const local = `${address}:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const remote = `${'0'.repeat(address.length)}:0000`;
  return `   0: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000     0        0 4242 1 0000000000000000 100 0 0 10 0`;
}

const folders: TemporaryFolder[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) folder.remove();
});

interface MadeProcfs {
  readonly tcp?: readonly string[];
  readonly tcp6?: readonly string[];
  readonly udp?: readonly string[];
  readonly udp6?: readonly string[];
  readonly range?: string;
}

/** A folder like /proc; what is left out has no file. */
function procfs({ range, ...tables }: MadeProcfs): string {
  const folder = new TemporaryFolder();
  folders.push(folder);
  const files: Record<string, string> = {};
  for (const [name, rows] of Object.entries(tables))
    files[`self/net/${name}`] = `${[HEADER, ...rows].join('\n')}\n`;
  if (range !== undefined) files['sys/net/ipv4/ip_local_port_range'] = range;
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder.path, path)), { recursive: true });
    writeFileSync(join(folder.path, path), text);
  }
  return folder.path;
}

const RANGE = '32768\t60999\n';
const udpRows = (...ports: number[]): string[] => ports.map((port) => row(ANY_4, port, CLOSE));

describe('it gives, of the socket tables,', () => {
  it.each<[string, MadeProcfs, [protocol: number, port: number][]]>([
    [
      'TCP sockets that listen, over both versions',
      {
        tcp: [row(ANY_4, 80, LISTEN), row(LOOPBACK_4, 65_535, LISTEN)],
        tcp6: [row(ANY_6, 443, LISTEN)],
        range: RANGE,
      },
      [
        [TCP, 80],
        [TCP, 65_535],
        [TCP, 443],
      ],
    ],
    [
      'no TCP sockets that are connected, or on their way',
      {
        tcp: [ESTABLISHED, SYN_RECV, TIME_WAIT, CLOSE].map((state) => row(LOOPBACK_4, 80, state)),
        tcp6: [row(LOOPBACK_6, 81, ESTABLISHED), row(LOOPBACK_6, 82, LISTEN)],
        range: RANGE,
      },
      [[TCP, 82]],
    ],
    [
      'UDP sockets that are not connected, over both versions',
      {
        udp: [row(ANY_4, 53, CLOSE), row(LOOPBACK_4, 54, ESTABLISHED)],
        udp6: [row(LOOPBACK_6, 5353, CLOSE), row(ANY_6, 55, ESTABLISHED)],
        range: RANGE,
      },
      [
        [UDP, 53],
        [UDP, 5353],
      ],
    ],
    [
      'no UDP sockets in the ephemeral range, its ends included',
      { udp: udpRows(1, 32_767, 32_768, 45_000, 60_999, 61_000), range: RANGE },
      [
        [UDP, 1],
        [UDP, 32_767],
        [UDP, 61_000],
      ],
    ],
    [
      'TCP sockets in the ephemeral range too',
      { tcp: [row(ANY_4, 45_000, LISTEN)], range: RANGE },
      [[TCP, 45_000]],
    ],
    [
      'UDP sockets by the range that is set',
      { udp: udpRows(1023, 1024, 2000, 2001, 45_000), range: '1024\t2000\n' },
      [
        [UDP, 1023],
        [UDP, 2001],
        [UDP, 45_000],
      ],
    ],
    [
      "UDP sockets by the kernel's own range where none is told",
      { udp: udpRows(32_767, 32_768, 60_999, 61_000) },
      [
        [UDP, 32_767],
        [UDP, 61_000],
      ],
    ],
    [
      'all tables in their order, whatever they hold twice',
      {
        udp6: [row(ANY_6, 53, CLOSE)],
        udp: [row(ANY_4, 53, CLOSE)],
        tcp6: [row(ANY_6, 80, LISTEN)],
        tcp: [row(ANY_4, 80, LISTEN), row(LOOPBACK_4, 80, LISTEN)],
      },
      [
        [TCP, 80],
        [TCP, 80],
        [TCP, 80],
        [UDP, 53],
        [UDP, 53],
      ],
    ],
    ['nothing of tables without rows', { tcp: [], tcp6: [], udp: [], udp6: [], range: RANGE }, []],
    ['nothing of rows that are cut off', { tcp: ['', '   0:', `   0: ${ANY_4}:0050`], range: RANGE }, []],
    ['nothing where there are no tables', { range: RANGE }, []],
    ['nothing where there is no procfs', {}, []],
  ])('%s', async (_name, made, expected) => {
    expect(await listeningSockets(procfs(made))).toEqual(
      expected.map(([protocol, port]) => ({ protocol, port })),
    );
  });
});

function skipWithoutTables(ctx: TestContext): void {
  if (process.platform !== 'linux') ctx.skip('/proc/net exists on Linux only');
}

/** Skips where this machine has no such address. */
async function open(ctx: TestContext, address: string, opening: Promise<unknown>): Promise<void> {
  try {
    await opening;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRNOTAVAIL') ctx.skip(`this machine has no ${address}`);
    throw error;
  }
}

/** A UDP socket at a port that the kernel gives to nobody by itself. */
async function bindBelowEphemeral(ctx: TestContext, type: SocketType, address: string): Promise<Socket> {
  const [from] = /\d+/.exec(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1'))!;
  for (let port = Number(from) - 1; port > Number(from) - 50; port--) {
    const socket = createSocket(type).bind(port, address);
    try {
      await open(ctx, address, once(socket, 'listening'));
      return socket;
    } catch (error) {
      socket.close();
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
  return ctx.skip(`no port below ${from} is free`);
}

describe('it gives, of this process,', () => {
  it.for(['127.0.0.1', '::1'])('a TCP socket at %s while it listens', async (address, ctx) => {
    skipWithoutTables(ctx);
    const server = createServer().listen(0, address);
    await open(ctx, address, once(server, 'listening'));
    const { port } = server.address() as AddressInfo;
    expect(await listeningSockets()).toContainEqual({ protocol: TCP, port });
    server.close();
    await once(server, 'close');
    expect(await listeningSockets()).not.toContainEqual({ protocol: TCP, port });
  });

  it.for([
    { type: 'udp4', address: '127.0.0.1' },
    { type: 'udp6', address: '::1' },
  ] as const)('a $type socket below the ephemeral range until it is connected', async (at, ctx) => {
    skipWithoutTables(ctx);
    const socket = await bindBelowEphemeral(ctx, at.type, at.address);
    const { port } = socket.address();
    expect(await listeningSockets()).toContainEqual({ protocol: UDP, port });
    socket.connect(9, at.address);
    await once(socket, 'connect');
    expect(await listeningSockets()).not.toContainEqual({ protocol: UDP, port });
    socket.close();
  });

  it('no UDP socket whose port the kernel chose', async (ctx) => {
    skipWithoutTables(ctx);
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    expect(await listeningSockets()).not.toContainEqual({ protocol: UDP, port: socket.address().port });
    socket.close();
  });
});

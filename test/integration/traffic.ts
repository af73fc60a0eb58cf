import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import type { Namespace } from './namespaces.ts';

/** What a traffic child does; see traffic-child.ts. */
export type TrafficTask =
  | {
      readonly kind: 'udp';
      readonly address: string;
      readonly port: number;
      readonly count: number;
      readonly payloadBytes: number;
      readonly segmentBytes?: number | undefined;
    }
  | { readonly kind: 'tcp-serve'; readonly address: string; readonly port: number }
  | { readonly kind: 'tcp-send'; readonly address: string; readonly port: number; readonly bytes: number }
  | { readonly kind: 'tun'; readonly name: string };

/** Sends datagrams one after the other; resolves when the kernel has taken the last. Nobody needs to listen. */
export async function sendUdp(
  from: Namespace,
  datagrams: {
    readonly address: string;
    readonly port: number;
    readonly count: number;
    readonly payloadBytes: number;
    /** The kernel may send each payload as datagrams of this many bytes (UDP_SEGMENT). */
    readonly segmentBytes?: number | undefined;
  },
): Promise<void> {
  await finish(start(from, { kind: 'udp', ...datagrams }));
}

/** Makes a TCP connection from one namespace to another, sends `bytes` over it, and closes it on both sides. */
export async function transferTcp(transfer: {
  readonly from: Namespace;
  readonly to: Namespace;
  readonly address: string;
  readonly port: number;
  readonly bytes: number;
}): Promise<void> {
  const { from, to, address, port, bytes } = transfer;
  const server = start(to, { kind: 'tcp-serve', address, port });
  const served = finish(server);
  await Promise.race([once(server, 'message'), served]);
  await finish(start(from, { kind: 'tcp-send', address, port, bytes }));
  await served;
}

/** A tun device, whose packets have no link header. It lives until it is closed. */
export interface TunDevice {
  /** Lets an IP packet, given in hexadecimal, come in from the device. */
  receive(packet: string): Promise<void>;
  close(): Promise<void>;
}

/** Makes a tun device in a namespace and brings it up. */
export async function addTunDevice(namespace: Namespace, name: string, address: string): Promise<TunDevice> {
  const child = start(namespace, { kind: 'tun', name });
  const ended = finish(child);
  const answered = async (): Promise<void> => void (await Promise.race([once(child, 'message'), ended]));
  await answered();
  namespace.ip('address', 'add', address, 'dev', name);
  namespace.ip('link', 'set', name, 'up');
  return {
    receive: async (packet) => {
      const written = answered();
      child.send(packet);
      await written;
    },
    close: async () => {
      child.disconnect();
      await ended;
    },
  };
}

type Child = ReturnType<Namespace['spawn']>;

function start(namespace: Namespace, task: TrafficTask): Child {
  const script = fileURLToPath(new URL('traffic-child.ts', import.meta.url));
  // The descriptor of a datagram socket is behind the deprecated `_handle`.
  const args = ['--disable-warning=DEP0112', script, JSON.stringify(task)];
  return namespace.spawn(process.execPath, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

async function finish(child: Child): Promise<void> {
  const [code, signal] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the traffic child failed (exit code ${code}, signal ${signal})`);
}

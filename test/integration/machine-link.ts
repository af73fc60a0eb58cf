import { execFileSync } from 'node:child_process';
import { whenThisProcessEnds } from '../servers/keeper.ts';
import type { Namespace } from './namespaces.ts';

/** Its two ends: the machine that runs the test, as the namespace reaches it, and the namespace, as the machine does. */
export interface MachineLink {
  readonly machineAddress: string;
  readonly namespaceAddress: string;
}

/** The namespace's end. */
export const MACHINE_INTERFACE = 'machine';

/** Links a namespace with the machine. One link a process. */
export function linkToMachine(namespace: Namespace): MachineLink {
  // 198.18.0.0/15 is for tests of networks (RFC 2544); each process has a link of its own in it.
  const link = process.pid & 0x3fff;
  const at = (host: number): string =>
    `198.${18 + (link >> 13)}.${(link >> 5) & 0xff}.${(link & 0x1f) * 8 + host}`;
  const [machineAddress, namespaceAddress] = [at(1), at(2)];
  const name = `flowtap${process.pid}`;
  // A namespace may live on for what its sockets have still to send.
  whenThisProcessEnds(`ip link delete ${name}`);
  const peer = ['peer', 'name', name, 'netns', String(process.pid)];
  // Made inside and moved out, so that it goes away with the namespace.
  namespace.ip('link', 'add', MACHINE_INTERFACE, 'type', 'veth', ...peer);
  namespace.ip('address', 'add', `${namespaceAddress}/29`, 'dev', MACHINE_INTERFACE);
  namespace.ip('link', 'set', MACHINE_INTERFACE, 'up');
  execFileSync('ip', ['address', 'add', `${machineAddress}/29`, 'dev', name]);
  execFileSync('ip', ['link', 'set', name, 'up']);
  // What leaves to the machine leaves from the namespace's own address.
  namespace.run(
    'iptables',
    '-w',
    '-t',
    'nat',
    '-A',
    'POSTROUTING',
    '-o',
    MACHINE_INTERFACE,
    '-j',
    'MASQUERADE',
  );
  return { machineAddress, namespaceAddress };
}

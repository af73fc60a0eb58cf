import type { ChildProcess, SpawnOptions } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { whenThisProcessEnds } from '../servers/keeper.ts';

/** Names begin with this and the id of the process that made them. */
const PREFIX = 'flowtap';

/** Ends what runs in the namespaces of this process, and takes them away. */
const REMOVE_OWN = [
  `for name in $(ip netns list | grep -o '^${PREFIX}-${process.pid}-[^ ]*')`,
  'do ip netns pids "$name" | while read -r id',
  'do kill -9 "$id"',
  'done',
  'ip netns delete "$name"',
  'done',
].join('; ');

let areKept = false;

/** Why network namespaces cannot be made here, in a sentence; undefined where they can. */
export function namespacesUnavailable(): string | undefined {
  if (process.platform !== 'linux')
    return `network namespaces exist on Linux only, this is ${process.platform}`;
  if (process.geteuid?.() !== 0) return 'network namespaces need root';
  try {
    execFileSync('ip', ['-V'], { stdio: 'pipe' });
  } catch {
    return 'the command `ip` is missing (install iproute2)';
  }
  const name = `${PREFIX}-${process.pid}-trial`;
  try {
    execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' });
    execFileSync('ip', ['netns', 'delete', name], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `network namespaces cannot be made: ${errorOutput(error)}`;
  }
}

/** One end of a link. */
export interface LinkEnd {
  readonly namespace: Namespace;
  readonly interfaceName: string;
  /** With prefix length: `10.0.0.1/24`, `fd00::1/64`. */
  readonly addresses: readonly string[];
}

export interface LinkOptions {
  /** Off: each frame is one packet, with its checksum. On is the kernel's default for veth. */
  readonly offloads?: boolean;
  /** Each end knows the other's hardware address, so that no ARP or neighbour discovery is seen. */
  readonly staticNeighbours?: boolean;
  readonly mtuBytes?: number;
}

/**
 * Network namespaces of one test; `close` takes all of them away, with what runs inside. So does the end of this process,
 * if it is killed.
 */
export class TestNetwork {
  readonly #id: string;
  readonly #namespaces: Namespace[] = [];

  constructor() {
    removeLeftovers();
    if (!areKept) whenThisProcessEnds(REMOVE_OWN);
    areKept = true;
    this.#id = `${PREFIX}-${process.pid}-${randomBytes(3).toString('hex')}`;
  }

  addNamespace(label: string): Namespace {
    const namespace = new Namespace(`${this.#id}-${label}`);
    this.#namespaces.push(namespace);
    return namespace;
  }

  /** A namespace that forwards between its links. */
  addRouter(label: string): Namespace {
    const router = this.addNamespace(label);
    router.setKernelParameters({ 'ipv4/ip_forward': 1, 'ipv6/conf/all/forwarding': 1 });
    return router;
  }

  /** Joins two namespaces by a veth pair, up and with addresses. */
  link(one: LinkEnd, other: LinkEnd, options: LinkOptions = {}): void {
    const { namespace, interfaceName } = one;
    const peer = ['peer', 'name', other.interfaceName, 'netns', other.namespace.name];
    namespace.ip('link', 'add', interfaceName, 'type', 'veth', ...peer);
    for (const end of [one, other]) configure(end, options);
    // An address that is added to an interface that is down, without duplicate detection, is not solicited.
    for (const end of [one, other]) addAddresses(end);
    if (options.staticNeighbours === true) {
      addNeighbours(one, other);
      addNeighbours(other, one);
    }
  }

  close(): void {
    for (const namespace of this.#namespaces.splice(0)) namespace.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** What the kernel counted at an interface. */
export interface InterfaceCounters {
  readonly receivedPackets: number;
  readonly receivedBytes: number;
  readonly sentPackets: number;
  readonly sentBytes: number;
}

export class Namespace {
  readonly name: string;
  readonly #children = new Set<ChildProcess>();

  constructor(name: string) {
    this.name = name;
    execute('ip', ['netns', 'add', name]);
    this.setKernelParameters(QUIET_KERNEL_PARAMETERS);
    this.#dropMulticastReports();
    this.ip('link', 'set', 'lo', 'up');
  }

  /** `ip` on this namespace; gives its output. */
  ip(...args: readonly string[]): string {
    return execute('ip', ['-n', this.name, ...args]);
  }

  /** Runs a command to its end inside; gives its output. */
  run(command: string, ...args: readonly string[]): string {
    return execute('ip', ['netns', 'exec', this.name, command, ...args]);
  }

  /** Starts a command inside; `close` ends it. */
  spawn(command: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', this.name, command, ...args], options);
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** Adds a rule to an iptables chain, of IPv4 and of IPv6. */
  addRule(table: 'filter' | 'mangle' | 'nat', chain: string, ...rule: readonly string[]): void {
    this.run('iptables', '-w', '-t', table, '-A', chain, ...rule);
    this.run('ip6tables', '-w', '-t', table, '-A', chain, ...rule);
  }

  /** Drops each `every`th packet that leaves by the interface after being forwarded. */
  dropForwarded(interfaceName: string, every: number): void {
    const statistic = ['-m', 'statistic', '--mode', 'nth', '--every', String(every), '--packet', '0'];
    this.addRule('filter', 'FORWARD', '-o', interfaceName, ...statistic, '-j', 'DROP');
  }

  setOffloads(interfaceName: string, enabled: boolean): void {
    const features = ['tso', 'gso', 'gro', 'tx', 'rx', 'sg', 'tx-udp-segmentation'];
    const state = enabled ? 'on' : 'off';
    this.run('ethtool', '-K', interfaceName, ...features.flatMap((feature) => [feature, state]));
  }

  setKernelParameters(parameters: Readonly<Record<string, number>>): void {
    const writes = Object.entries(parameters).map(([path, value]) => `echo ${value} > /proc/sys/net/${path}`);
    this.run('sh', '-c', writes.join(' && '));
  }

  counters(interfaceName: string): InterfaceCounters {
    const [{ stats64 }] = JSON.parse(this.ip('-s', '-j', 'link', 'show', interfaceName));
    return {
      receivedPackets: stats64.rx.packets,
      receivedBytes: stats64.rx.bytes,
      sentPackets: stats64.tx.packets,
      sentBytes: stats64.tx.bytes,
    };
  }

  close(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    execute('ip', ['netns', 'delete', this.name]);
  }

  /** Reports of joined multicast groups come late and at random. */
  #dropMulticastReports(): void {
    const rule = ['-p', 'icmpv6', '--icmpv6-type', '143', '-j', 'DROP'];
    this.run('ip6tables', '-w', '-A', 'OUTPUT', ...rule);
  }
}

/** No packets that nobody asked for: no link-local addresses, no router and no duplicate address discovery. */
const QUIET_KERNEL_PARAMETERS = Object.fromEntries(
  ['all', 'default'].flatMap((scope) => [
    [`ipv6/conf/${scope}/accept_ra`, 0],
    [`ipv6/conf/${scope}/router_solicitations`, 0],
    [`ipv6/conf/${scope}/accept_dad`, 0],
    [`ipv6/conf/${scope}/dad_transmits`, 0],
    [`ipv6/conf/${scope}/addr_gen_mode`, 1],
  ]),
);

function configure({ namespace, interfaceName }: LinkEnd, options: LinkOptions): void {
  if (options.mtuBytes !== undefined) {
    namespace.ip('link', 'set', interfaceName, 'mtu', String(options.mtuBytes));
  }
  if (options.offloads !== undefined) namespace.setOffloads(interfaceName, options.offloads);
  namespace.ip('link', 'set', interfaceName, 'up');
}

function addAddresses({ namespace, interfaceName, addresses }: LinkEnd): void {
  for (const address of addresses) {
    const flags = address.includes(':') ? ['nodad'] : [];
    namespace.ip('address', 'add', address, 'dev', interfaceName, ...flags);
  }
}

function addNeighbours(from: LinkEnd, to: LinkEnd): void {
  const [{ address: hardwareAddress }] = JSON.parse(to.namespace.ip('-j', 'link', 'show', to.interfaceName));
  for (const address of to.addresses) {
    const [host] = address.split('/');
    const entry = [host, 'lladdr', hardwareAddress, 'dev', from.interfaceName, 'nud', 'permanent'];
    from.namespace.ip('neighbour', 'replace', ...entry);
  }
}

/** Takes away what processes that are no more have left. */
function removeLeftovers(): void {
  for (const line of execute('ip', ['netns', 'list']).split('\n')) {
    const [name] = line.split(' ');
    const owner = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    try {
      execute('ip', ['netns', 'delete', name]);
    } catch {
      // Another test took it away at the same time.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function execute(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' });
  } catch (error) {
    throw new Error(`${command} ${args.join(' ')}: ${errorOutput(error)}`, { cause: error });
  }
}

function errorOutput(error: unknown): string {
  if (error instanceof Error && 'stderr' in error) return String(error.stderr).trim() || error.message;
  return String(error);
}

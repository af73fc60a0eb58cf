import type { IpCommand } from './ip-command.ts';
import { removeLeftovers, removeNamespace } from './namespace-removal.ts';

const NAME = /^flowtap-demo-(\d+)-/;

/** The service's addresses and its ports, which are the pods' ports too. */
const SERVICE_IPV4 = '10.96.0.20';
const SERVICE_IPV6 = 'fd00:96::20';
export const SERVICE_PORTS = [
  { name: 'http', protocol: 'tcp', port: 80 },
  { name: 'dns', protocol: 'udp', port: 53 },
] as const;

const NODE_IPV4 = '10.240.0.1';

/** A pod: a network namespace whose eth0 leads to the node. */
export interface DemoPod {
  readonly name: string;
  readonly namespace: string;
  /** Without IPv6 where the system has none. */
  readonly addresses: readonly string[];
}

/** Which pods there are; those behind the service share its traffic. */
export interface DemoPodNames {
  readonly clients: readonly string[];
  readonly backends: readonly string[];
}

/**
 * A node and its pods as network namespaces, and a service whose addresses iptables translates as kube-proxy does.
 * Their names hold the id of the process that made them; making new ones takes away those of dead processes.
 *
 * Throws an Error that says what the system refused; then nothing is left.
 */
export class DemoNetwork {
  readonly node: string;
  /** An address of the node that every pod reaches. */
  readonly nodeAddress = NODE_IPV4;
  readonly clients: readonly DemoPod[];
  readonly backends: readonly DemoPod[];
  readonly serviceAddresses: readonly string[];
  readonly #ip: IpCommand;
  readonly #pid: number;
  readonly #namespaces: string[] = [];

  constructor(ip: IpCommand, pid: number, names: DemoPodNames) {
    this.#ip = ip;
    this.#pid = pid;
    removeLeftovers(ip, NAME, pid);
    try {
      this.node = this.#addNamespace('node');
      ip('-n', this.node, 'link', 'set', 'lo', 'up');
      ip('-n', this.node, 'address', 'add', `${NODE_IPV4}/32`, 'dev', 'lo');
      this.#forward('ipv4/ip_forward');
      const hasIpv6 = this.#tries(() => {
        this.#forward('ipv6/conf/all/forwarding');
        this.#addNodeRules('ip6tables', SERVICE_IPV6, []);
      });
      const all = [...names.clients, ...names.backends];
      const pods = all.map((name, index) => this.#addPod(name, index + 1, hasIpv6));
      this.clients = pods.slice(0, names.clients.length);
      this.backends = pods.slice(names.clients.length);
      this.serviceAddresses = hasIpv6 ? [SERVICE_IPV4, SERVICE_IPV6] : [SERVICE_IPV4];
      for (const [family, address] of this.serviceAddresses.entries()) {
        const backends = this.backends.map(({ addresses }) => addresses[family]);
        this.#addNodeRules(family === 0 ? 'iptables' : 'ip6tables', address, backends);
      }
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Ends what runs inside, and takes the namespaces away. */
  close(): void {
    for (const name of this.#namespaces.splice(0)) removeNamespace(this.#ip, name);
  }

  #addNamespace(label: string): string {
    const name = `flowtap-demo-${this.#pid}-${label}`;
    this.#ip('netns', 'add', name);
    this.#namespaces.push(name);
    return name;
  }

  #forward(parameter: string): void {
    this.#inside(this.node, 'sh', '-c', `echo 1 > /proc/sys/net/${parameter}`);
  }

  /** The pod has a network of its own, in which the node is the gateway. */
  #addPod(name: string, index: number, hasIpv6: boolean): DemoPod {
    const namespace = this.#addNamespace(name);
    const link = `pod${index}`;
    const [ipv4, ipv6] = [`10.244.${index}`, `fd00:244:${index}:`];
    this.#ip(
      '-n',
      namespace,
      'link',
      'add',
      'eth0',
      'type',
      'veth',
      'peer',
      'name',
      link,
      'netns',
      this.node,
    );
    for (const [host, device] of [[namespace, 'eth0'] as const, [this.node, link] as const]) {
      // No link-local addresses, and so no search for routers.
      this.#ip('-n', host, 'link', 'set', device, 'addrgenmode', 'none');
      this.#ip('-n', host, 'link', 'set', device, 'up');
    }
    this.#ip('-n', namespace, 'address', 'add', `${ipv4}.2/24`, 'dev', 'eth0');
    this.#ip('-n', this.node, 'address', 'add', `${ipv4}.1/24`, 'dev', link);
    this.#ip('-n', namespace, 'route', 'add', 'default', 'via', `${ipv4}.1`);
    if (!hasIpv6) return { name, namespace, addresses: [`${ipv4}.2`] };
    // Usable at once, without duplicate address detection.
    this.#ip('-n', namespace, 'address', 'add', `${ipv6}:2/64`, 'dev', 'eth0', 'nodad');
    // Whoever forwards asks for neighbours from a link-local address only.
    for (const address of [`${ipv6}:1/64`, 'fe80::1/64']) {
      this.#ip('-n', this.node, 'address', 'add', address, 'dev', link, 'nodad');
    }
    this.#ip('-n', namespace, '-6', 'route', 'add', 'default', 'via', `${ipv6}:1`);
    return { name, namespace, addresses: [`${ipv4}.2`, `${ipv6}:2`] };
  }

  /** Each backend answers as often as the others. Without any the table is only asked whether it exists. */
  #addNodeRules(iptables: 'iptables' | 'ip6tables', service: string, backends: readonly string[]): void {
    const nat = (...rule: readonly string[]): string =>
      this.#inside(this.node, iptables, '-w', '-t', 'nat', ...rule);
    if (backends.length === 0) nat('-L', '-n');
    for (const { protocol, port } of SERVICE_PORTS) {
      for (const [index, backend] of backends.entries()) {
        const share = (1 / (backends.length - index)).toFixed(5);
        const chance = ['-m', 'statistic', '--mode', 'random', '--probability', share];
        const target = backend.includes(':') ? `[${backend}]:${port}` : `${backend}:${port}`;
        const called = ['-d', service, '-p', protocol, '--dport', String(port)];
        nat('-A', 'PREROUTING', ...called, ...chance, '-j', 'DNAT', '--to-destination', target);
      }
    }
  }

  #inside(namespace: string, ...command: readonly string[]): string {
    return this.#ip('netns', 'exec', namespace, ...command);
  }

  #tries(work: () => void): boolean {
    try {
      work();
      return true;
    } catch {
      return false;
    }
  }
}

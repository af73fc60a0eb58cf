import { linkToMachine } from '../machine-link.ts';
import type { Namespace } from '../namespaces.ts';
import { TestNetwork } from '../namespaces.ts';

/** A pod that is a network namespace behind the node's. */
export interface PodNamespace {
  readonly name: string;
  readonly namespace: Namespace;
  readonly ipv4: string;
  readonly ipv6: string;
}

/** An address and port of a service, as kube-proxy's iptables mode makes them. */
export interface ServiceAddress {
  readonly ip: string;
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly targetPort: number;
}

/**
 * A node and its pods, each a network namespace. Pods reach one another, services and the machine that runs the test
 * through the node, whose connection table sees everything.
 */
export class PodNetwork {
  readonly node: Namespace;
  /** The test's own machine, as pods reach it; and the node, as the machine reaches it. */
  readonly machineAddress: string;
  readonly nodeAddress: string;
  readonly #network = new TestNetwork();
  #pods = 0;
  #outsides = 0;

  constructor() {
    this.node = this.#network.addRouter('node');
    const { machineAddress, namespaceAddress } = linkToMachine(this.node);
    this.machineAddress = machineAddress;
    this.nodeAddress = namespaceAddress;
  }

  addPod(name: string): PodNamespace {
    this.#pods++;
    const namespace = this.#network.addNamespace(name);
    const pod = { name, namespace, ipv4: `10.244.${this.#pods}.2`, ipv6: `fd00:244:${this.#pods}::2` };
    const gateways = [`10.244.${this.#pods}.1`, `fd00:244:${this.#pods}::1`];
    this.#network.link(
      { namespace, interfaceName: 'eth0', addresses: [`${pod.ipv4}/24`, `${pod.ipv6}/64`] },
      {
        namespace: this.node,
        interfaceName: `pod${this.#pods}`,
        addresses: [`${gateways[0]}/24`, `${gateways[1]}/64`],
      },
      { staticNeighbours: true },
    );
    namespace.ip('route', 'add', 'default', 'via', gateways[0]);
    namespace.ip('-6', 'route', 'add', 'default', 'via', gateways[1]);
    return pod;
  }

  /** A host outside of the cluster. Pods reach it from an address of the node, and it reaches them by their own. */
  addOutside(name: string, address: string): Namespace {
    const namespace = this.#network.addNamespace(name);
    const interfaceName = `outside${++this.#outsides}`;
    const [, network, host] = /^(.*\.)(\d+)$/.exec(address) ?? [];
    const gateway = `${network}${Number(host) - 1}`;
    this.#network.link(
      { namespace, interfaceName: 'eth0', addresses: [`${address}/24`] },
      { namespace: this.node, interfaceName, addresses: [`${gateway}/24`] },
      { staticNeighbours: true },
    );
    namespace.ip('route', 'add', 'default', 'via', gateway);
    this.node.run(
      'iptables',
      '-w',
      '-t',
      'nat',
      '-A',
      'POSTROUTING',
      '-o',
      interfaceName,
      '-j',
      'MASQUERADE',
    );
    return namespace;
  }

  /** Has the node's connection table count packets and bytes of the connections that begin from now on. */
  countConnections(): void {
    this.node.setKernelParameters({ 'netfilter/nf_conntrack_acct': 1 });
  }

  /** Connections to the service's address go to one of the pods, each as likely as the others. */
  addService({ ip, protocol, port, targetPort }: ServiceAddress, backends: readonly PodNamespace[]): void {
    const isIpv6 = ip.includes(':');
    const iptables = isIpv6 ? 'ip6tables' : 'iptables';
    const called = ['-d', ip, '-p', protocol, '--dport', String(port)];
    for (const [index, backend] of backends.entries()) {
      const share = 1 / (backends.length - index);
      const chance = ['-m', 'statistic', '--mode', 'random', '--probability', String(share)];
      const target = isIpv6 ? `[${backend.ipv6}]:${targetPort}` : `${backend.ipv4}:${targetPort}`;
      const rule = [...called, ...(share < 1 ? chance : []), '-j', 'DNAT', '--to-destination', target];
      this.node.run(iptables, '-w', '-t', 'nat', '-A', 'PREROUTING', ...rule);
    }
    this.#masqueradeHairpins(iptables, backends, isIpv6);
  }

  close(): void {
    this.#network.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** A pod that reaches itself through a service must not see its own address as the caller's. */
  #masqueradeHairpins(iptables: string, backends: readonly PodNamespace[], isIpv6: boolean): void {
    for (const { ipv4, ipv6 } of backends) {
      const own = isIpv6 ? ipv6 : ipv4;
      this.node.run(
        iptables,
        '-w',
        '-t',
        'nat',
        '-A',
        'POSTROUTING',
        '-s',
        own,
        '-d',
        own,
        '-j',
        'MASQUERADE',
      );
    }
  }
}

import type { MachineLink } from '../../integration/machine-link.ts';
import { linkToMachine, MACHINE_INTERFACE } from '../../integration/machine-link.ts';
import type { Namespace } from '../../integration/namespaces.ts';
import { TestNetwork } from '../../integration/namespaces.ts';

/** Where a node is in the network. */
export interface NodePlace {
  readonly name: string;
  readonly namespace: Namespace;
  readonly address: string;
}

/**
 * The network of a cluster: nodes behind a router, which also leads to the machine. The control plane runs in the
 * router's namespace, so that it reaches nodes and pods, and the machine needs no routes.
 */
export class ClusterNetwork {
  readonly router: Namespace;
  readonly #network = new TestNetwork();
  readonly #link: MachineLink;
  #nodes = 0;

  constructor() {
    this.router = this.#addRouter('control');
    this.#link = linkToMachine(this.router);
  }

  /** The machine, as nodes and pods reach it. */
  get machineAddress(): string {
    return this.#link.machineAddress;
  }

  /** The control plane, as the machine, nodes and pods reach it. */
  get controlAddress(): string {
    return this.#link.namespaceAddress;
  }

  addNode(name: string): NodePlace {
    const index = ++this.#nodes;
    const namespace = this.#addRouter(name);
    const [gateway, address] = [`10.240.${index}.1`, `10.240.${index}.2`];
    this.#network.link(
      { namespace, interfaceName: 'eth0', addresses: [`${address}/24`] },
      { namespace: this.router, interfaceName: `node${index}`, addresses: [`${gateway}/24`] },
    );
    namespace.ip('route', 'add', 'default', 'via', gateway);
    return { name, namespace, address };
  }

  #addRouter(label: string): Namespace {
    const router = this.#network.addRouter(label);
    // Connections of what is killed have nobody to speak to: they end now, and the namespace with them.
    router.setKernelParameters({ 'ipv4/tcp_orphan_retries': 1 });
    return router;
  }

  /** Has the pods with addresses in a range found on their node. */
  routePods(range: string, node: NodePlace): void {
    this.router.ip('route', 'replace', range, 'via', node.address);
  }

  close(): void {
    this.router.ip('link', 'delete', MACHINE_INTERFACE);
    this.#network.close();
  }
}

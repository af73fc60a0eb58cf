import type { Namespace, TestNetwork } from './namespaces.ts';

/** Two hosts with a router between them, and whether each takes and gives merged frames. */
export interface RoutedHosts {
  readonly host: Namespace;
  readonly router: Namespace;
  readonly peer: Namespace;
}

export interface HostOffloads {
  readonly host: boolean;
  readonly router: boolean;
  readonly peer: boolean;
}

export const HOST_ADDRESSES = ['10.0.0.1', 'fd00::1'] as const;
export const PEER_ADDRESSES = ['10.0.1.1', 'fd01::1'] as const;

/** The router's interfaces bear the names of the hosts behind them. */
export function addRoutedHosts(network: TestNetwork, offloads: HostOffloads): RoutedHosts {
  const [host, peer] = [network.addNamespace('host'), network.addNamespace('peer')];
  const router = network.addRouter('router');
  network.link(
    { namespace: host, interfaceName: 'eth0', addresses: ['10.0.0.1/24', 'fd00::1/64'] },
    { namespace: router, interfaceName: 'host', addresses: ['10.0.0.254/24', 'fd00::fe/64'] },
    { staticNeighbours: true },
  );
  network.link(
    { namespace: peer, interfaceName: 'eth0', addresses: ['10.0.1.1/24', 'fd01::1/64'] },
    { namespace: router, interfaceName: 'peer', addresses: ['10.0.1.254/24', 'fd01::fe/64'] },
    { staticNeighbours: true },
  );
  addRoutes(host, '10.0.0.254', 'fd00::fe');
  addRoutes(peer, '10.0.1.254', 'fd01::fe');
  host.setOffloads('eth0', offloads.host);
  peer.setOffloads('eth0', offloads.peer);
  for (const interfaceName of ['host', 'peer']) router.setOffloads(interfaceName, offloads.router);
  for (const namespace of [host, peer]) {
    namespace.setKernelParameters({ 'ipv4/tcp_timestamps': 1 });
    limitTcpWindow(namespace);
  }
  return { host, router, peer };
}

/** What the links have dropped so far, other than by a rule. */
export function droppedFrames({ host, router, peer }: RoutedHosts): number {
  return [host, router, peer].reduce((sum, namespace) => {
    const links = JSON.parse(namespace.ip('-s', '-j', 'link', 'show')) as LinkStatistics[];
    return links.reduce((all, { stats64 }) => all + stats64.rx.dropped + stats64.tx.dropped, sum);
  }, 0);
}

interface LinkStatistics {
  readonly stats64: { readonly rx: { readonly dropped: number }; readonly tx: { readonly dropped: number } };
}

function addRoutes(namespace: Namespace, via: string, via6: string): void {
  namespace.ip('route', 'add', 'default', 'via', via);
  namespace.ip('-6', 'route', 'add', 'default', 'via', via6);
}

/** A window of 128 KiB does not overrun the 256 frames that a veth queues (VETH_RING_SIZE, drivers/net/veth.c). */
function limitTcpWindow(namespace: Namespace): void {
  namespace.run('sh', '-c', 'echo 4096 65536 131072 > /proc/sys/net/ipv4/tcp_rmem');
}

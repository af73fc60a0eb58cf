import { join } from 'node:path';
import { kubeconfigPath } from './cluster-certificates.ts';

/** Where the parts of one control plane are. */
export interface ControlPlaneAddress {
  readonly host: string;
  readonly port: number;
  readonly etcdPort: number;
  /** With a folder `certificates`. */
  readonly folder: string;
  readonly components: readonly string[];
  /** More flags of all but etcd: `emulated-version`, `feature-gates`. */
  readonly versionFlags: Readonly<Record<string, string>>;
}

const SERVICE_NETWORK = '10.96.0.0/16,fd00:96::/112';
const POD_NETWORK = '10.244.0.0/16';

function flags(values: Readonly<Record<string, string | number | boolean>>): readonly string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}

export function etcdCommand({ folder, etcdPort }: ControlPlaneAddress): readonly string[] {
  const client = `http://127.0.0.1:${etcdPort}`;
  return flags({
    'data-dir': join(folder, 'etcd'),
    'listen-client-urls': client,
    'advertise-client-urls': client,
    // Port 0: it has no peers.
    'listen-peer-urls': 'http://127.0.0.1:0',
    'unsafe-no-fsync': true,
    'log-level': 'warn',
  });
}

/** It waits for etcd by itself. */
export function apiServerCommand(address: ControlPlaneAddress): readonly string[] {
  const { host, port, etcdPort, folder, components, versionFlags } = address;
  const file = (name: string): string => join(folder, 'certificates', name);
  const isLoopback = host.startsWith('127.');
  return flags({
    'etcd-servers': `http://127.0.0.1:${etcdPort}`,
    'bind-address': host,
    'advertise-address': host,
    'secure-port': port,
    'tls-cert-file': file('apiserver.crt'),
    'tls-private-key-file': file('apiserver.key'),
    'client-ca-file': file('ca.crt'),
    'kubelet-preferred-address-types': 'InternalIP',
    'kubelet-client-certificate': file('apiserver-kubelet.crt'),
    'kubelet-client-key': file('apiserver-kubelet.key'),
    'requestheader-client-ca-file': file('front-proxy-ca.crt'),
    'requestheader-allowed-names': 'front-proxy',
    'requestheader-username-headers': 'X-Remote-User',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'proxy-client-cert-file': file('front-proxy.crt'),
    'proxy-client-key-file': file('front-proxy.key'),
    'service-account-issuer': 'https://kubernetes.default.svc.cluster.local',
    'service-account-key-file': file('sa.pub'),
    'service-account-signing-key-file': file('sa.key'),
    'service-cluster-ip-range': SERVICE_NETWORK,
    'authorization-mode': 'Node,RBAC',
    'enable-admission-plugins': 'NodeRestriction',
    // Nobody else makes the account that a pod would have to have.
    ...(components.includes('controller-manager') ? {} : { 'disable-admission-plugins': 'ServiceAccount' }),
    'allow-privileged': true,
    'enable-aggregator-routing': true,
    // Endpoints may not be loopback addresses: it would log an error every ten seconds.
    'endpoint-reconciler-type': isLoopback ? 'none' : 'lease',
    ...versionFlags,
  });
}

export function controllerManagerCommand({
  folder,
  host,
  versionFlags,
}: ControlPlaneAddress): readonly string[] {
  const file = (name: string): string => join(folder, 'certificates', name);
  return flags({
    ...clientFlags(folder, 'controller-manager', host),
    'use-service-account-credentials': true,
    'service-account-private-key-file': file('sa.key'),
    'root-ca-file': file('ca.crt'),
    'cluster-signing-cert-file': file('ca.crt'),
    'cluster-signing-key-file': file('ca.key'),
    'client-ca-file': file('ca.crt'),
    'requestheader-client-ca-file': file('front-proxy-ca.crt'),
    'cluster-cidr': POD_NETWORK,
    'allocate-node-cidrs': true,
    'service-cluster-ip-range': SERVICE_NETWORK,
    // At most 20 requests a second unless told otherwise.
    'kube-api-qps': 500,
    'kube-api-burst': 1000,
    ...versionFlags,
  });
}

export function schedulerCommand({ folder, host, versionFlags }: ControlPlaneAddress): readonly string[] {
  return flags({ ...clientFlags(folder, 'scheduler', host), ...versionFlags });
}

function clientFlags(folder: string, user: 'controller-manager' | 'scheduler', host: string) {
  const kubeconfig = kubeconfigPath(join(folder, 'certificates'), user);
  return {
    kubeconfig,
    'authentication-kubeconfig': kubeconfig,
    'authorization-kubeconfig': kubeconfig,
    'bind-address': host,
    // 0: its metrics are served nowhere, so that many can run beside each other.
    'secure-port': 0,
    'leader-elect': false,
  };
}

import type { NodePlace } from './cluster-network.ts';

export const PAUSE_IMAGE = 'localhost/pause:1';
export const DNS_ADDRESS = '10.96.0.10';
export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock';

/** Which of kube-proxy's ways leads connections to the pods of a service. */
export type ProxyMode = 'iptables' | 'nftables';

/** What the settings of a node depend on. */
export interface NodeSettings {
  readonly place: NodePlace;
  /** Holds the settings. */
  readonly folder: string;
  /** Of the control plane, with the certificate of the node. */
  readonly certificates: string;
  readonly cgroup: string;
  readonly proxyMode: ProxyMode;
  readonly snapshotter: 'overlayfs' | 'native';
}

/** Nothing of it may be kept outside of the node's own folders. */
const UNUSED_PLUGINS = [
  ...['aufs', 'btrfs', 'devmapper', 'zfs'].map((name) => `io.containerd.snapshotter.v1.${name}`),
  // It makes /opt/containerd.
  'io.containerd.internal.v1.opt',
];

/** config.toml of containerd 1.6 and 1.7. */
export function containerdSettings({ folder, snapshotter }: NodeSettings): string {
  return `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ${JSON.stringify(UNUSED_PLUGINS)}
[grpc]
address = "${CONTAINERD_SOCKET}"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "${PAUSE_IMAGE}"
# A profile would stay with the machine's kernel.
disable_apparmor = true
# Root of a sandboxed machine may not be allowed to lower the value, and no container starts then.
restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "${snapshotter}"
default_runtime_name = "runc"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = "${folder}/cni"
`;
}

/** The first and the last address that pods get, where it is not the whole range. */
export interface PodAddresses {
  readonly rangeStart: string;
  readonly rangeEnd: string;
}

/** A pod is at the end of a link of its own to the node (CNI plugin ptp). */
export function podNetworkSettings(podRange: string, addresses?: PodAddresses): unknown {
  const ipam = {
    type: 'host-local',
    dataDir: '/run/cni',
    ranges: [[{ subnet: podRange, ...addresses }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  return {
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      { type: 'ptp', ipam },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

export function kubeletSettings({ place, folder, certificates, cgroup }: NodeSettings): unknown {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: `${certificates}/ca.crt` },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: `${certificates}/${place.name}.crt`,
    tlsPrivateKeyFile: `${certificates}/${place.name}.key`,
    resolvConf: `${folder}/resolv.conf`,
    clusterDomain: 'cluster.local',
    clusterDNS: [DNS_ADDRESS],
    volumePluginDir: `${folder}/volume-plugins`,
    failSwapOn: false,
    enforceNodeAllocatable: ['pods'],
    // The disk is the machine's, which others fill, too.
    imageGCHighThresholdPercent: 100,
    evictionHard: {
      'memory.available': '50Mi',
      'nodefs.available': '0%',
      'nodefs.inodesFree': '0%',
      'imagefs.available': '0%',
    },
    // The nodes of a test are the first to see what changes.
    nodeStatusUpdateFrequency: '4s',
    syncFrequency: '5s',
  };
}

export function kubeProxySettings({ place, certificates, proxyMode }: NodeSettings): unknown {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: proxyMode,
    hostnameOverride: place.name,
    clientConnection: { kubeconfig: `${certificates}/proxy.kubeconfig` },
    clusterCIDR: '10.244.0.0/16',
    // In a namespace these belong to the machine.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}

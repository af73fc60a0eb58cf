import { PROBE_CONTAINER } from '../../core/probe-container.ts';
import type { Container, PodSpec } from '../pod.ts';
import type { CapabilityMode } from '../policy/capture-policy.ts';
import { declaredPorts } from './declared-ports.ts';
import type { ProbeProfile } from './probe-profile.ts';
import { probeResources } from './probe-resources.ts';
import { PROBE_MOUNTS, TOKEN_FILE } from './probe-volumes.ts';

/** The user of our images (Dockerfile.probe). */
const NON_ROOT = 65_532;

/**
 * What container runtimes give by default (containerd, pkg/oci: defaultUnixCaps), without NET_RAW. Dropped by name,
 * since dropping all would take NET_RAW too.
 */
const OTHER_DEFAULT_CAPABILITIES = [
  ...['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE'],
  ...['SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'],
] as const;

const CAPABILITIES: Readonly<Record<CapabilityMode, { drop: readonly string[]; add?: readonly string[] }>> = {
  add: { drop: ['ALL'], add: ['NET_RAW'] },
  inherit: { drop: OTHER_DEFAULT_CAPABILITIES },
};

/** What only the pod itself knows, and a pod at admission does not have yet (downward API). */
const IDENTITY: Readonly<Record<string, string>> = {
  FLOWTAP_POD_NAME: 'metadata.name',
  FLOWTAP_POD_NAMESPACE: 'metadata.namespace',
  FLOWTAP_POD_UID: 'metadata.uid',
  FLOWTAP_POD_IPS: 'status.podIPs',
  FLOWTAP_NODE_NAME: 'spec.nodeName',
};

/**
 * The probe's container in this pod. It has no ports, health checks or hooks: nothing of it can hold the application
 * back, and it runs on when it cannot capture.
 */
export function probeContainer(spec: PodSpec, profile: ProbeProfile): Container {
  const { image, imagePullPolicy, sidecar, runAsRoot, capabilityMode } = profile;
  const resources = probeResources(spec, profile.resources);
  return {
    name: PROBE_CONTAINER,
    image,
    imagePullPolicy,
    args: ['probe'],
    ...(sidecar === 'native' && { restartPolicy: 'Always' }),
    env: environment(spec, profile),
    ...(resources !== undefined && { resources }),
    securityContext: {
      allowPrivilegeEscalation: false,
      privileged: false,
      readOnlyRootFilesystem: true,
      ...(runAsRoot
        ? { runAsUser: 0, runAsGroup: 0, runAsNonRoot: false }
        : { runAsUser: NON_ROOT, runAsGroup: NON_ROOT, runAsNonRoot: true }),
      capabilities: CAPABILITIES[capabilityMode],
      seccompProfile: { type: 'RuntimeDefault' },
    },
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: PROBE_MOUNTS,
  };
}

function environment(spec: PodSpec, { settings }: ProbeProfile): NonNullable<Container['env']> {
  const knownPorts = declaredPorts(spec);
  const values = {
    FLOWTAP_KEEP_RUNNING: 'true',
    FLOWTAP_TOKEN_FILE: TOKEN_FILE,
    ...(knownPorts !== undefined && { FLOWTAP_KNOWN_PORTS: knownPorts }),
    ...settings,
  };
  return [
    ...Object.entries(IDENTITY).map(([name, fieldPath]) => ({
      name,
      valueFrom: { fieldRef: { fieldPath } },
    })),
    // `$(NAME)` in a value would be replaced by Kubernetes.
    ...Object.entries(values).map(([name, value]) => ({ name, value: value.replaceAll('$(', () => '$$(') })),
  ];
}

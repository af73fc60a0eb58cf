import type { ConfigOf } from '../../runtime/config.ts';
import { duration, flag, list, oneOf, reader, text } from '../../runtime/config-values.ts';
import { parseQuantity } from '../../webhook/patch/quality-of-service.ts';
import { POD_SECURITY_LEVELS } from '../../webhook/policy/pod-security.ts';

const quantity = reader('a quantity such as 50m or 64Mi', (word) =>
  (parseQuantity(word) ?? 0) > 0 ? word : undefined,
);

/** The probe that pods get, and who gets one: the same for the webhook and for `flowtap inject`. */
export const INJECTION_SETTINGS = {
  probeOutput: {
    flag: '--probe-output <url>',
    env: 'FLOWTAP_PROBE_OUTPUT',
    parse: text(),
    doc: 'where probes deliver, such as https://flowtap-enrichment.flowtap.svc:8443/v1/flows',
  },
  probeImage: {
    flag: '--probe-image <image>',
    env: 'FLOWTAP_PROBE_IMAGE',
    parse: text(),
    doc: 'image of the probe, best with a digest',
  },
  probeImagePullPolicy: {
    flag: '--probe-image-pull-policy <policy>',
    env: 'FLOWTAP_PROBE_IMAGE_PULL_POLICY',
    parse: oneOf('IfNotPresent', 'Always', 'Never'),
    default: 'IfNotPresent',
    doc: 'when nodes fetch the image; Always makes every pod wait for the registry',
  },
  probeImagePullSecrets: {
    flag: '--probe-image-pull-secrets <names>',
    env: 'FLOWTAP_PROBE_IMAGE_PULL_SECRETS',
    parse: list(text()),
    doc: "Secrets with access to the image's registry, which must exist in the namespaces of the pods",
  },
  probeSettingsFile: {
    flag: '--probe-settings-file <path>',
    env: 'FLOWTAP_PROBE_SETTINGS_FILE',
    parse: text(),
    doc: 'file of lines NAME=value with more variables for probes, such as FLOWTAP_WINDOW=30s; read again when it changes',
  },
  probeCaFile: {
    flag: '--probe-ca-file <path>',
    env: 'FLOWTAP_PROBE_CA_FILE',
    parse: text(),
    doc: "PEM file of the authority that signed enrichment's certificate, for probes (the webhook's own authority)",
  },
  probeTokenAudience: {
    flag: '--probe-token-audience <name>',
    env: 'FLOWTAP_PROBE_TOKEN_AUDIENCE',
    parse: text(),
    default: 'flowtap',
    doc: "whom probes' tokens are made for; enrichment's --token-audience",
  },
  probeTokenMs: {
    flag: '--probe-token-lifetime <duration>',
    env: 'FLOWTAP_PROBE_TOKEN_LIFETIME',
    parse: duration(600_000),
    default: '1h',
    doc: "lifetime of probes' tokens, which the node renews",
  },
  probeCpuRequest: {
    flag: '--probe-cpu-request <quantity>',
    env: 'FLOWTAP_PROBE_CPU_REQUEST',
    parse: quantity,
    default: '25m',
    doc: 'processor time that a probe is sure of',
  },
  probeCpuLimit: {
    flag: '--probe-cpu-limit <quantity>',
    env: 'FLOWTAP_PROBE_CPU_LIMIT',
    parse: quantity,
    default: '200m',
    doc: 'most processor time of a probe; in Guaranteed pods also the request',
  },
  probeMemoryRequest: {
    flag: '--probe-memory-request <quantity>',
    env: 'FLOWTAP_PROBE_MEMORY_REQUEST',
    parse: quantity,
    default: '64Mi',
    doc: 'memory that a probe is sure of',
  },
  probeMemoryLimit: {
    flag: '--probe-memory-limit <quantity>',
    env: 'FLOWTAP_PROBE_MEMORY_LIMIT',
    parse: quantity,
    default: '128Mi',
    doc: 'most memory of a probe; in Guaranteed pods also the request',
  },
  probeCapabilityMode: {
    flag: '--probe-capability-mode <mode>',
    env: 'FLOWTAP_PROBE_CAPABILITY_MODE',
    parse: oneOf('add', 'inherit'),
    default: 'add',
    doc: "how probes get NET_RAW: add asks for it; inherit relies on the container runtime's default, which Pod Security's baseline allows",
  },
  probeRunAsRoot: {
    flag: '--probe-run-as-root',
    env: 'FLOWTAP_PROBE_RUN_AS_ROOT',
    parse: flag(),
    default: 'false',
    doc: 'run probes as root with NET_RAW alone, where the container runtime ignores file capabilities (cri-dockerd)',
  },
  allowPodOptIn: {
    flag: '--allow-pod-opt-in',
    env: 'FLOWTAP_ALLOW_POD_OPT_IN',
    parse: flag(),
    default: 'false',
    doc: 'let pods ask for a probe where their namespace does not: gives NET_RAW to whoever can create pods',
  },
  excludedNamespaces: {
    flag: '--excluded-namespaces <names>',
    env: 'FLOWTAP_EXCLUDED_NAMESPACES',
    parse: list(text()),
    default: 'kube-system,kube-public,kube-node-lease',
    doc: "namespaces whose pods never get a probe; flowtap's own is always one",
  },
  assumedPodSecurity: {
    flag: '--assume-pod-security <level>',
    env: 'FLOWTAP_ASSUME_POD_SECURITY',
    parse: oneOf(...POD_SECURITY_LEVELS),
    default: 'privileged',
    doc: "Pod Security level of namespaces without a label: what the API server's own configuration enforces",
  },
} as const;

export type InjectionConfig = ConfigOf<typeof INJECTION_SETTINGS>;

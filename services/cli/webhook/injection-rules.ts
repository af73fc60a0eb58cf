import { FlowtapError } from '../../runtime/errors.ts';
import type { InjectionRules } from '../../webhook/inject-probe.ts';
import { contradictionOf } from '../../webhook/patch/namespace-settings.ts';
import type { ProbeResources } from '../../webhook/patch/probe-profile.ts';
import type { CapturePolicy, SidecarKind } from '../../webhook/policy/capture-policy.ts';
import type { InjectionConfig } from '../commands/injection-settings.ts';
import { NAMESPACE_PROBE_SETTINGS } from './probe-setting-catalogue.ts';

export interface RulesContext {
  readonly trigger: CapturePolicy['trigger'];
  readonly sidecar: SidecarKind;
  /** Flowtap's own namespace, where there is one. */
  readonly ownNamespace: string | undefined;
  /** Variables of --probe-settings-file. */
  readonly probeSettings: Readonly<Record<string, string>>;
  /** PEM of whom probes trust; undefined leaves them with the public authorities. */
  readonly caPem: string | undefined;
}

/** What the settings say of probes and of who gets one. Throws a FlowtapError CONFIG_INVALID where they say too little, or contradict each other. */
export function injectionRules(config: InjectionConfig, context: RulesContext): InjectionRules {
  const { sidecar, trigger, ownNamespace, probeSettings, caPem } = context;
  const output = required(
    config.probeOutput,
    '--probe-output (FLOWTAP_PROBE_OUTPUT)',
    'the URL of enrichment',
  );
  const image = required(config.probeImage, '--probe-image (FLOWTAP_PROBE_IMAGE)', 'the image of the probe');
  const resources: ProbeResources = {
    cpuRequest: config.probeCpuRequest,
    cpuLimit: config.probeCpuLimit,
    memoryRequest: config.probeMemoryRequest,
    memoryLimit: config.probeMemoryLimit,
  };
  const contradiction = contradictionOf(resources);
  if (contradiction !== undefined) throw invalid(`--probe-…-request and --probe-…-limit: ${contradiction}.`);
  if (trigger === 'label' && config.allowPodOptIn) {
    const never = 'the API server then does not ask about pods of other namespaces';
    throw invalid(
      `--allow-pod-opt-in (FLOWTAP_ALLOW_POD_OPT_IN) goes with --trigger annotation only: ${never}.`,
    );
  }
  return {
    policy: {
      trigger,
      sidecar,
      allowPodOptIn: config.allowPodOptIn,
      excludedNamespaces: new Set([
        ...config.excludedNamespaces,
        ...(ownNamespace === undefined ? [] : [ownNamespace]),
      ]),
      assumedPodSecurity: config.assumedPodSecurity,
      capabilityMode: config.probeCapabilityMode,
    },
    profile: {
      image,
      imagePullPolicy: config.probeImagePullPolicy,
      imagePullSecrets: config.probeImagePullSecrets ?? [],
      sidecar,
      capabilityMode: config.probeCapabilityMode,
      runAsRoot: config.probeRunAsRoot,
      resources,
      tokenAudience: config.probeTokenAudience,
      tokenSeconds: Math.round(config.probeTokenMs / 1000),
      settings: {
        FLOWTAP_OUTPUT: output,
        ...(caPem !== undefined && { FLOWTAP_CA: caPem }),
        ...probeSettings,
      },
    },
    catalogue: NAMESPACE_PROBE_SETTINGS,
  };
}

function required(value: string | undefined, setting: string, what: string): string {
  if (value !== undefined) return value;
  throw invalid(`${setting} must be ${what}.`);
}

function invalid(message: string): FlowtapError {
  return new FlowtapError('CONFIG_INVALID', 'config', message);
}

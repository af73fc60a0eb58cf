import { FLOWTAP_KEY } from '../../webhook/flowtap-key.ts';
import { profileOfNamespace } from '../../webhook/patch/namespace-settings.ts';
import type { CapturePolicy } from '../../webhook/policy/capture-policy.ts';
import { captureWish, labelledWish } from '../../webhook/policy/capture-wish.ts';
import type { CapturedNamespace } from '../../webhook/policy/decide.ts';
import { allowsProbe, enforcedPodSecurity } from '../../webhook/policy/pod-security.ts';
import { INJECTION_SETTINGS } from '../commands/injection-settings.ts';
import { NAMESPACE_PROBE_SETTINGS } from '../webhook/probe-setting-catalogue.ts';
import type { CheckResult } from './check-result.ts';
import { reporter } from './check-result.ts';

const report = reporter('namespaces');

/** Those whose pods are to have probes. */
export function capturedNamespaces(
  namespaces: readonly CapturedNamespace[],
  { trigger, excludedNamespaces }: CapturePolicy,
): readonly CapturedNamespace[] {
  const wishOf = trigger === 'label' ? labelledWish : captureWish;
  return namespaces.filter(
    (namespace) => wishOf(namespace) === 'enabled' && !excludedNamespaces.has(namespace.name),
  );
}

/** Whether what namespaces ask for can be done. */
export function checkNamespaces(
  namespaces: readonly CapturedNamespace[],
  policy: CapturePolicy,
): readonly CheckResult[] {
  const captured = capturedNamespaces(namespaces, policy);
  return [
    ...(captured.length === 0
      ? [report.warn('No namespace asks for probes', askFor(policy, '<name>'))]
      : [report.ok(`${captured.length} ask for probes: ${someOf(captured.map(({ name }) => name))}`)]),
    ...namespaces.flatMap((namespace) => misunderstanding(namespace, policy)),
    ...captured.flatMap((namespace) => obstacle(namespace, policy)),
    ...captured.flatMap(complaintsOf),
  ];
}

function misunderstanding(namespace: CapturedNamespace, policy: CapturePolicy): readonly CheckResult[] {
  const { name } = namespace;
  const wish = captureWish(namespace);
  if (wish === 'invalid') {
    return [
      report.warn(`${name}: ${FLOWTAP_KEY.capture} is neither enabled nor disabled`, askFor(policy, name)),
    ];
  }
  if (wish !== 'enabled') return [];
  if (policy.excludedNamespaces.has(name)) {
    return [report.warn(`${name}: asks for probes, but its pods never get one (--excluded-namespaces)`)];
  }
  if (policy.trigger === 'label' && labelledWish(namespace) === 'absent') {
    return [
      report.warn(`${name}: has the annotation, but the webhook is called by label`, askFor(policy, name)),
    ];
  }
  return [];
}

function obstacle({ name, labels }: CapturedNamespace, policy: CapturePolicy): readonly CheckResult[] {
  const level = enforcedPodSecurity(labels, policy.assumedPodSecurity);
  if (allowsProbe(level, policy.capabilityMode)) return [];
  const relabel = `kubectl label namespace ${name} pod-security.kubernetes.io/enforce=privileged --overwrite`;
  const inherit = level === 'baseline' ? ', or set --probe-capability-mode inherit for the webhook' : '';
  return [
    report.fail(
      `${name}: enforces ${level}, which refuses NET_RAW, so no pod gets a probe`,
      relabel + inherit,
    ),
  ];
}

/** What the webhook has before a namespace changes it; its own settings are not known here. */
const DEFAULTS = {
  settings: {},
  resources: {
    cpuRequest: INJECTION_SETTINGS.probeCpuRequest.default,
    cpuLimit: INJECTION_SETTINGS.probeCpuLimit.default,
    memoryRequest: INJECTION_SETTINGS.probeMemoryRequest.default,
    memoryLimit: INJECTION_SETTINGS.probeMemoryLimit.default,
  },
};

function complaintsOf({ name, annotations }: CapturedNamespace): readonly CheckResult[] {
  const { complaints } = profileOfNamespace(DEFAULTS, annotations, NAMESPACE_PROBE_SETTINGS);
  return complaints.map((complaint) => report.warn(`${name}: ${complaint}`));
}

function askFor({ trigger }: CapturePolicy, name: string): string {
  const verb = trigger === 'label' ? 'label' : 'annotate';
  return `kubectl ${verb} namespace ${name} ${FLOWTAP_KEY.capture}=enabled --overwrite`;
}

const SHOWN = 10;

function someOf(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return more > 0 ? `${names.slice(0, SHOWN).join(', ')} and ${more} more` : names.join(', ');
}

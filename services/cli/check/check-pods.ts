import type { KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import type { Namespaces } from '../../webhook/admission/admit.ts';
import type { CapturePolicy } from '../../webhook/policy/capture-policy.ts';
import type { PodCensus, PodFinding } from '../../webhook/reconcile/pod-census.ts';
import { takePodCensus } from '../../webhook/reconcile/pod-census.ts';
import { podStateText } from '../../webhook/reconcile/pod-state.ts';
import type { CheckName, CheckResult } from './check-result.ts';
import { reporter } from './check-result.ts';
import type { ProbeFault } from './probe-fault.ts';
import { probeFault } from './probe-fault.ts';

export interface PodChecksOptions {
  readonly api: Pick<KubernetesApi, 'request'>;
  readonly namespaces: Namespaces;
  readonly namespace: string | undefined;
  readonly policy: CapturePolicy;
  readonly signal: AbortSignal;
}

/** More of them help nobody at a terminal. */
const MAX_LINES = 50;

/** Pods without the probe that they should have, and probes that do not run as they should: one look at all pods. */
export async function checkPods(
  { policy, ...options }: PodChecksOptions,
  wanted: ReadonlySet<CheckName>,
): Promise<readonly CheckResult[]> {
  const faults = new Map<string, { readonly fault: ProbeFault; readonly where: string; pods: number }>();
  const census = await takePodCensus({
    ...options,
    rules: { policy },
    maxFindings: MAX_LINES,
    onPod(object, { state }, { kind, name }) {
      const fault = state === 'missing' || state === 'excluded' ? undefined : probeFault(object);
      if (fault === undefined) return;
      const where = `${kind.toLowerCase()}/${name} in ${object.metadata.namespace}`;
      const key = `${where} ${fault.message}`;
      const known = faults.get(key);
      if (known !== undefined) known.pods++;
      else if (faults.size < MAX_LINES) faults.set(key, { fault, where, pods: 1 });
    },
  });
  return [
    ...(wanted.has('pods') ? podResults(census) : []),
    ...(wanted.has('probes') ? probeResults([...faults.values()], withProbe(census)) : []),
  ];
}

function podResults({ counts, findings, omitted }: PodCensus): readonly CheckResult[] {
  const report = reporter('pods');
  const results = findings.map((finding) => report.warn(podMessage(finding), finding.advice));
  if (omitted > 0) results.push(report.warn(`${omitted} more pods, of other workloads, are like these`));
  if (!counts.has('missing')) results.unshift(report.ok('Every pod that should have a probe has one'));
  return results;
}

function podMessage({ namespace, workload: { kind, name }, pods, ...state }: PodFinding): string {
  return `${kind.toLowerCase()}/${name} in ${namespace} (${counted(pods)}): ${podStateText(state)}`;
}

function probeResults(
  faults: readonly { readonly fault: ProbeFault; readonly where: string; readonly pods: number }[],
  total: number,
): readonly CheckResult[] {
  const report = reporter('probes');
  if (faults.length === 0) return [report.ok(`Nothing is wrong with the probes of ${counted(total)}`)];
  return faults.map(({ fault: { outcome, message, advice }, where, pods }) =>
    report[outcome](`${where} (${counted(pods)}): ${message}`, advice),
  );
}

function withProbe({ counts }: PodCensus): number {
  let sum = 0;
  for (const [key, pods] of counts) {
    if (!key.startsWith('missing') && !key.startsWith('excluded')) sum += pods;
  }
  return sum;
}

function counted(pods: number): string {
  return pods === 1 ? '1 pod' : `${pods} pods`;
}

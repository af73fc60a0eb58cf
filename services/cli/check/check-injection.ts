import { PROBE_CONTAINER } from '../../core/probe-container.ts';
import type { ApiAnswer, KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import { podsOf } from '../../webhook/reconcile/pod-census.ts';
import type { CheckResult } from './check-result.ts';
import { reporter } from './check-result.ts';

const report = reporter('injection');

/** A pod that every level of Pod Security and every quota lets pass. Its image is never fetched. */
const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { generateName: 'flowtap-check-' },
  spec: {
    automountServiceAccountToken: false,
    containers: [
      {
        name: 'app',
        image: 'flowtap-check',
        resources: {
          requests: { cpu: '1m', memory: '4Mi' },
          limits: { cpu: '10m', memory: '8Mi' },
        },
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          runAsNonRoot: true,
          runAsUser: 65_532,
          seccompProfile: { type: 'RuntimeDefault' },
        },
      },
    ],
  },
};

/** Whether a pod of this namespace would come back with the probe. Nothing is created: `dryRun=All`. */
export async function checkInjection(
  api: Pick<KubernetesApi, 'request'>,
  namespace: string,
  signal: AbortSignal,
): Promise<CheckResult> {
  const answer = await api.request({
    method: 'POST',
    path: podsOf(namespace),
    query: { dryRun: 'All' },
    body: POD,
    signal,
  });
  const { status, body } = answer;
  if (status !== 201) return refusedPod(answer, namespace);
  for (const list of ['initContainers', 'containers'] as const) {
    const names: readonly { readonly name: string }[] = body?.spec?.[list] ?? [];
    if (!names.some(({ name }) => name === PROBE_CONTAINER)) continue;
    const kind = list === 'initContainers' ? 'native sidecar' : 'plain container';
    return report.ok(`A pod in ${namespace} would get the probe, as a ${kind}`);
  }
  const said = warningsOf(answer).find((warning) => warning.startsWith('no flowtap probe'));
  if (said !== undefined) return report.fail(`A pod in ${namespace} would get ${said}`);
  return report.fail(
    `A pod in ${namespace} would get no probe, and the webhook says nothing of it`,
    'look at what the check webhook says, at its log and at apiserver_admission_webhook_fail_open_count',
  );
}

function refusedPod({ status, body }: ApiAnswer, namespace: string): CheckResult {
  const said = String(body?.message ?? status);
  if (status === 401 || (status === 403 && /cannot create resource/.test(said))) {
    const advice = `give it the right to create pods in ${namespace}; no pod is created`;
    return report.warn('Could not try whether a pod would get the probe: this account may not.', advice);
  }
  if (status === 404) return report.fail(`There is no namespace ${namespace}`);
  return report.fail(`A pod in ${namespace} would be refused: ${said}`);
}

/** Header `Warning` of RFC 7234: `299 - "text"`, several with commas. */
function warningsOf({ headers }: ApiAnswer): readonly string[] {
  const text = [headers.warning ?? []].flat().join(', ');
  return [...text.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, warning]) =>
    warning.replace(/\\(.)/g, '$1'),
  );
}

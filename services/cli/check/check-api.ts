import type { KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import { sidecarOfCluster } from '../../webhook/admission/cluster-version.ts';
import type { SidecarKind } from '../../webhook/policy/capture-policy.ts';
import type { CheckResult } from './check-result.ts';
import { reporter } from './check-result.ts';

/** The API server, and the kind of sidecar that all its nodes can run. Throws where it cannot be reached. */
export async function checkApi(
  api: Pick<KubernetesApi, 'request'>,
  server: string,
  signal: AbortSignal,
): Promise<{ readonly results: readonly CheckResult[]; readonly sidecar: SidecarKind }> {
  const report = reporter('api');
  const { body } = await api.request({ path: '/version', signal });
  const sidecar = await sidecarOfCluster(api, signal);
  const version = `${server} is Kubernetes ${body?.gitVersion}`;
  const results =
    sidecar === 'native'
      ? [report.ok(`${version}, whose nodes run native sidecars`)]
      : [report.warn(`${version}; its nodes may lack native sidecars, so Jobs get no probe`)];
  return { results, sidecar };
}

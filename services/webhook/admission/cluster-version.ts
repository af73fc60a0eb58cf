import { FlowtapError } from '../../runtime/errors.ts';
import type { KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import type { SidecarKind } from '../policy/capture-policy.ts';

/**
 * Kubelets run native sidecars by default since 1.29, and may be three minors older than the API server
 * (kubernetes.io/releases/version-skew-policy): from this one on, every node of the cluster can.
 */
const FIRST_WITH_NATIVE_EVERYWHERE = 32;

const TIMEOUT_MS = 10_000;

/** What kind of sidecar every node of this cluster can run, by the version of its API server. Throws where it is not told. */
export async function sidecarOfCluster(
  api: Pick<KubernetesApi, 'request'>,
  signal: AbortSignal,
): Promise<SidecarKind> {
  const { status, body } = await api.request({ path: '/version', signal, timeoutMs: TIMEOUT_MS });
  // While a cluster is upgraded, its API server may behave as its predecessor did (KEP-4330).
  const major = Number.parseInt(body?.emulationMajor ?? body?.major, 10);
  const minor = Number.parseInt(body?.emulationMinor ?? body?.minor, 10);
  if (status !== 200 || !(major >= 1) || !(minor >= 0)) {
    const message = `The API server answered ${status} when asked for its version; say with --sidecar which kind its nodes can run.`;
    throw new FlowtapError('KUBERNETES_REFUSED', 'kubernetes', message);
  }
  return major > 1 || minor >= FIRST_WITH_NATIVE_EVERYWHERE ? 'native' : 'plain';
}

import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The kubeconfig that kubectl would take; undefined in a pod, and where there is none. */
export function kubeconfigOfUser(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const { KUBERNETES_SERVICE_HOST, KUBECONFIG = '', HOME } = environment;
  if (KUBERNETES_SERVICE_HOST) return undefined;
  const usual = HOME === undefined ? [] : [join(HOME, '.kube', 'config')];
  const candidates = KUBECONFIG === '' ? usual : KUBECONFIG.split(delimiter);
  return candidates.find((path) => path !== '' && existsSync(path));
}

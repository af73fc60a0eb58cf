import { KubeConfig } from '@kubernetes/client-node';
import { FlowtapError } from '../errors.ts';
import { KubernetesClient } from './api-client.ts';

export interface KubernetesAccess {
  /** A kubeconfig file; without one the service account of the pod that this runs in. */
  readonly kubeconfig: string | undefined;
  /** Of the kubeconfig's contexts, another than its current one. */
  readonly context: string | undefined;
  /** What the API server's audit log calls this client: `flowtap-kubeagent/0.1.0`. */
  readonly userAgent: string;
}

export interface KubernetesConnection {
  readonly api: KubernetesClient;
  /** For logs. */
  readonly server: string;
  /** The namespace that this runs in, or the context's. */
  readonly namespace: string;
}

/** Finds the API server and its credentials. Nothing is sent yet. Throws a FlowtapError KUBERNETES_CONFIG_INVALID. */
export function connectKubernetes({
  kubeconfig,
  context,
  userAgent,
}: KubernetesAccess): KubernetesConnection {
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromCluster();
    else config.loadFromFile(kubeconfig);
  } catch (cause) {
    throw invalid(
      `${kubeconfig ?? 'The service account'} cannot be read: ${(cause as Error).message}.`,
      cause,
    );
  }
  if (context !== undefined) config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  // Outside of a cluster the variables that name the server are missing.
  if (cluster === null || cluster.server.includes('undefined')) {
    throw invalid(
      kubeconfig === undefined
        ? 'This does not run in a pod of a cluster, so say with --kubeconfig how to reach one.'
        : `${kubeconfig} has no cluster for the context ${config.getCurrentContext() || '(none)'}; name one with --context.`,
    );
  }
  if (!URL.canParse(cluster.server)) throw invalid(`${cluster.server} is not the URL of an API server.`);
  const server = new URL(cluster.server);
  const namespace = config.getContextObject(config.getCurrentContext())?.namespace ?? 'default';
  return { api: new KubernetesClient(config, server, userAgent), server: server.origin, namespace };
}

function invalid(message: string, cause?: unknown): FlowtapError {
  return new FlowtapError('KUBERNETES_CONFIG_INVALID', 'kubernetes', message, { cause });
}

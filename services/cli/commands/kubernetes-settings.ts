import { text } from '../../runtime/config-values.ts';

/** How a service reaches the API server of its cluster. */
export const KUBERNETES_SETTINGS = {
  kubeconfig: {
    flag: '--kubeconfig <path>',
    env: 'FLOWTAP_KUBECONFIG',
    parse: text(),
    doc: 'kubeconfig file that says how to reach the cluster (the service account of the pod that this runs in)',
  },
  context: {
    flag: '--context <name>',
    env: 'FLOWTAP_CONTEXT',
    parse: text(),
    doc: "context of the kubeconfig file to use (the file's current one)",
  },
} as const;

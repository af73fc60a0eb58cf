import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.ts';

export const KUBERNETES_VERSION = '1.34.4';
/** One whose Kubernetes modules are of the same minor: most of it is compiled for Kubernetes anyway. */
export const HELM_VERSION = '3.19.5';
export const COREDNS_VERSION = '1.12.4';

/** What tests run, and the Go package each is built from. */
export const KUBERNETES_PROGRAMS = {
  etcd: './etcd',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
  'kube-proxy': 'k8s.io/kubernetes/cmd/kube-proxy',
  kubelet: 'k8s.io/kubernetes/cmd/kubelet',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
  helm: 'helm.sh/helm/v3/cmd/helm',
  pause: './pause',
} as const;

export type KubernetesProgram = keyof typeof KUBERNETES_PROGRAMS;

/** What every control plane consists of, and what speaks to it. */
export const CORE_PROGRAMS = [
  'etcd',
  'kube-apiserver',
  'kubectl',
] as const satisfies readonly KubernetesProgram[];

/** What a node runs, beside what it has from Debian. */
export const NODE_PROGRAMS = [
  'kubelet',
  'kube-proxy',
  'pause',
] as const satisfies readonly KubernetesProgram[];

/** Where the programs that are built here are kept. */
export function builtProgramsFolder(): string {
  return cacheFolder(`kubernetes-${KUBERNETES_VERSION}`);
}

/** Where the cluster's DNS server is, once it is built: it has versions of its own. */
export function coreDnsPath(): string {
  return cacheFolder(`coredns-${COREDNS_VERSION}`, 'coredns');
}

/** The path of a program: in KUBEBUILDER_ASSETS, or built. undefined where there is none. */
export function kubernetesProgram(name: KubernetesProgram): string | undefined {
  const folders = [process.env.KUBEBUILDER_ASSETS, builtProgramsFolder()].filter((folder) => folder);
  return folders.map((folder) => join(String(folder), name)).find(existsSync);
}

/** Which of them are missing, in a sentence; undefined where none is. */
export function kubernetesUnavailable(...names: readonly KubernetesProgram[]): string | undefined {
  const missing = names.filter((name) => kubernetesProgram(name) === undefined);
  if (missing.length === 0) return undefined;
  return `no ${missing.join(', ')}: \`npm run test:cluster\` builds them with Go, or set KUBEBUILDER_ASSETS`;
}

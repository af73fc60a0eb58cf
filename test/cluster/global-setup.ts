import { buildPrograms, buildUnavailable } from '../servers/kubernetes-build/build-programs.ts';
import type { KubernetesProgram } from '../servers/kubernetes-programs.ts';
import { KUBERNETES_PROGRAMS, kubernetesProgram } from '../servers/kubernetes-programs.ts';

/** Builds the programs of Kubernetes that are missing. Without Go the tests say so themselves. */
export async function setup(): Promise<void> {
  const names = Object.keys(KUBERNETES_PROGRAMS) as KubernetesProgram[];
  const missing = names.filter((name) => kubernetesProgram(name) === undefined);
  if (missing.length === 0) return;
  const reason = buildUnavailable();
  if (reason === undefined) await buildPrograms(missing, (line) => console.log(line));
  else console.log(reason);
}

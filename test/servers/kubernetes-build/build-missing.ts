import { existsSync } from 'node:fs';
import type { KubernetesProgram } from '../kubernetes-programs.ts';
import { coreDnsPath, KUBERNETES_PROGRAMS, kubernetesProgram } from '../kubernetes-programs.ts';
import { buildCoreDns, buildPrograms, buildUnavailable } from './build-programs.ts';

/** Builds the programs of a cluster that are missing. Without Go it says so, and what needs them says which. */
export async function buildMissingPrograms(log: (line: string) => void): Promise<void> {
  const names = Object.keys(KUBERNETES_PROGRAMS) as KubernetesProgram[];
  const missing = names.filter((name) => kubernetesProgram(name) === undefined);
  const lacksDns = !existsSync(coreDnsPath());
  if (missing.length === 0 && !lacksDns) return;
  const reason = buildUnavailable();
  if (reason !== undefined) return log(reason);
  if (missing.length > 0) await buildPrograms(missing, log);
  if (lacksDns) await buildCoreDns(log);
}

import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { KUBERNETES_VERSION, kubernetesProgram } from '../servers/kubernetes-programs.ts';
import { chartPath } from '../support/chart-files.ts';
import { finished } from '../support/flowtap-process.ts';

export const NAMESPACE = 'flowtap-system';

/** An object of Kubernetes, as far as tests look at all of them. */
export interface RenderedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Partial<PodSpec> & { readonly template?: { readonly spec: PodSpec } };
  readonly data?: Readonly<Record<string, string>>;
}

export interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly containers: readonly RenderedContainer[];
}

export interface RenderedContainer {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}

export interface ChartRelease {
  /** `flowtap` unless said. */
  readonly name?: string;
  /** Files of values: of the chart, or below test/fixtures/chart-values. */
  readonly values?: readonly string[];
  /** `webhook.replicas=3` */
  readonly set?: readonly string[];
}

export interface HelmRun {
  readonly succeeded: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** It is to leave nothing in a home folder. */
const ENVIRONMENT = { PATH: process.env.PATH ?? '', HOME: '/nonexistent' };

/** Runs helm. */
export function helm(args: readonly string[]): HelmRun {
  const { status, stdout, stderr } = spawnSync(String(kubernetesProgram('helm')), args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: ENVIRONMENT,
  });
  return { succeeded: status === 0, stdout, stderr };
}

/** Runs helm beside the test. */
export async function helmBeside(args: readonly string[]): Promise<HelmRun> {
  const child = spawn(String(kubernetesProgram('helm')), args, { env: ENVIRONMENT });
  const { exitCode, stdout, stderr } = await finished(child);
  return { succeeded: exitCode === 0, stdout, stderr };
}

/** `helm template`. */
export function helmTemplate({ name = 'flowtap', ...release }: ChartRelease): HelmRun {
  const version = ['--kube-version', KUBERNETES_VERSION];
  return helm(['template', name, chartPath(), '--namespace', NAMESPACE, ...version, ...valueArgs(release)]);
}

/** The YAML of all objects, hooks too. Throws an Error with what helm says. */
export function renderedChart(release: ChartRelease): string {
  const { succeeded, stdout, stderr } = helmTemplate(release);
  if (!succeeded) throw new Error(stderr);
  return stdout;
}

/** Its objects. */
export function chartObjects(release: ChartRelease): readonly RenderedObject[] {
  return parseAllDocuments(renderedChart(release))
    .map((document) => document.toJS() as RenderedObject | null)
    .filter((object) => object !== null);
}

/** The pod that an object is, or makes. */
export function podSpecOf({ kind, spec }: RenderedObject): PodSpec | undefined {
  return kind === 'Pod' ? (spec as PodSpec) : spec?.template?.spec;
}

/** What helm is told of values. */
export function valueArgs({ values = [], set = [] }: ChartRelease): readonly string[] {
  return [
    ...values.flatMap((file) => ['--values', valuesPath(file)]),
    ...set.flatMap((text) => ['--set', text]),
  ];
}

const FIXTURES = fileURLToPath(new URL('../fixtures/chart-values/', import.meta.url));

function valuesPath(file: string): string {
  return file.startsWith('values-') ? chartPath(file) : join(FIXTURES, file);
}

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Namespace } from '../integration/namespaces.ts';
import type { NodeIdentity } from './cluster-certificates.ts';
import { kubeconfigPath, writeClusterCertificates } from './cluster-certificates.ts';
import type { ControlPlaneAddress } from './control-plane-commands.ts';
import {
  apiServerCommand,
  controllerManagerCommand,
  etcdCommand,
  schedulerCommand,
} from './control-plane-commands.ts';
import { freePort } from './free-port.ts';
import { installedProgram } from './installed-program.ts';
import { isApiServerReady } from './is-api-server-ready.ts';
import type { KubernetesProgram } from './kubernetes-programs.ts';
import { CORE_PROGRAMS, kubernetesProgram, kubernetesUnavailable } from './kubernetes-programs.ts';
import { makeRunFolder } from './run-folder.ts';
import { ServerProcess } from './server-process.ts';

/** Beside other tests; alone it takes 4 seconds. */
const READY_MS = 120_000;

/** The time limit of a hook that starts one. */
export const CONTROL_PLANE_START_MS = READY_MS + 10_000;

export type OptionalComponent = 'controller-manager' | 'scheduler';
export type Component = 'etcd' | 'apiserver' | OptionalComponent;

const PROGRAM_OF: Readonly<Record<Component, KubernetesProgram>> = {
  etcd: 'etcd',
  apiserver: 'kube-apiserver',
  'controller-manager': 'kube-controller-manager',
  scheduler: 'kube-scheduler',
};

export interface ControlPlaneOptions {
  readonly with?: readonly OptionalComponent[];
  /** Where the API server listens; 127.0.0.1 unless said. */
  readonly address?: string;
  /** More flags of all but etcd: `emulated-version`, `feature-gates`. */
  readonly versionFlags?: Readonly<Record<string, string>>;
  /** Where it runs, with an address of its own; on this machine unless said. */
  readonly namespace?: Namespace;
  /** Those that will run pods: each gets a kubeconfig. */
  readonly nodes?: readonly NodeIdentity[];
}

/** In a namespace nobody else listens. */
const NAMESPACE_PORTS = { port: 6443, etcdPort: 2379 };

export interface ControlPlane {
  /** Of an administrator. */
  readonly kubeconfigPath: string;
  /** `https://host:port` */
  readonly server: string;
  /** Holds certificates, and a log for each component. */
  readonly folder: string;
  /** As administrator, with what it is to read; gives its output. */
  kubectl(args: readonly string[], input?: string): string;
  /** Ends one component at once, as a crash would; what etcd holds stays. */
  kill(component: Component): Promise<void>;
  /** Starts it again, at the same address. */
  restart(component: Component): Promise<void>;
  stop(): Promise<void>;
}

/** Why there is no control plane here, in a sentence; undefined where there is one. */
export function controlPlaneUnavailable(...components: readonly OptionalComponent[]): string | undefined {
  const programs = [...CORE_PROGRAMS, ...components.map((component) => PROGRAM_OF[component])];
  const missing = kubernetesUnavailable(...programs);
  if (missing !== undefined) return missing;
  return installedProgram('openssl')
    ? undefined
    : 'the certificates of a cluster need openssl (Debian package openssl)';
}

/**
 * A real Kubernetes API server with an etcd of its own, without nodes. Pods can be written; unless the controller
 * manager is there, they need no service account.
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const host = options.address ?? '127.0.0.1';
  const wanted = options.with ?? [];
  const unavailable = controlPlaneUnavailable(...wanted);
  if (unavailable !== undefined) throw new Error(unavailable);
  const folder = makeRunFolder('kubernetes');
  mkdirSync(join(folder, 'certificates'));
  const address = {
    host,
    ...(options.namespace === undefined
      ? { port: await freePort(host), etcdPort: await freePort() }
      : NAMESPACE_PORTS),
    folder,
    components: wanted,
    versionFlags: options.versionFlags ?? {},
  };
  const kubeconfig = kubeconfigPath(join(folder, 'certificates'), 'admin');
  const server = `https://${host}:${address.port}`;
  const addresses = [...new Set(['127.0.0.1', host])];
  writeClusterCertificates(join(folder, 'certificates'), server, addresses, options.nodes);
  const running = new Map<Component, ServerProcess>();
  const start = async (component: Component): Promise<void> => {
    running.set(component, await startComponent(component, address, options.namespace));
  };
  const stop = async (): Promise<void> => {
    // The API server last but etcd, and all at once: nobody needs an orderly end.
    await Promise.all([...running.values()].map((process) => process.stop('SIGKILL')));
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
  const isReady = (): Promise<boolean> => isApiServerReady(server, join(folder, 'certificates'));
  try {
    await Promise.all([start('etcd'), start('apiserver')]);
    await running.get('apiserver')?.ready(isReady, READY_MS);
    await Promise.all(wanted.map(start));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    kubeconfigPath: kubeconfig,
    server,
    folder,
    kubectl(args, input = '') {
      return execFileSync(String(kubernetesProgram('kubectl')), ['--kubeconfig', kubeconfig, ...args], {
        input,
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      });
    },
    async kill(component) {
      await running.get(component)?.stop('SIGKILL');
    },
    async restart(component) {
      await running.get(component)?.stop('SIGKILL');
      await start(component);
      if (component === 'apiserver') await running.get(component)?.ready(isReady, READY_MS);
    },
    stop,
  };
}

function startComponent(
  component: Component,
  address: ControlPlaneAddress,
  namespace: Namespace | undefined,
): Promise<ServerProcess> {
  const name = PROGRAM_OF[component];
  const program = [String(kubernetesProgram(name)), ...COMMANDS[component](address)];
  const inside = namespace === undefined ? [] : ['nsenter', `--net=/run/netns/${namespace.name}`];
  const [command, ...args] = [...inside, ...program];
  const logPath = join(address.folder, `${component}.log`);
  return ServerProcess.start({ name, command, args, logPath, cwd: address.folder });
}

const COMMANDS: Readonly<Record<Component, (address: ControlPlaneAddress) => readonly string[]>> = {
  etcd: etcdCommand,
  apiserver: apiServerCommand,
  'controller-manager': controllerManagerCommand,
  scheduler: schedulerCommand,
};

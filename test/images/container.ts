import type { ChildProcess } from 'node:child_process';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';
import type { Privileges } from '../../services/runtime/linux/privileges.ts';
import { parsePrivileges } from '../../services/runtime/linux/privileges.ts';
import type { Namespace } from '../integration/namespaces.ts';
import { environmentOfOwned, whenThisProcessEnds } from '../servers/keeper.ts';
import { makeRunFolder } from '../servers/run-folder.ts';
import type { FinishedProcess } from '../support/flowtap-process.ts';
import { finished } from '../support/flowtap-process.ts';
import type { BuiltImage } from './built-image.ts';

/** Of a container's securityContext, and what its runtime makes of it. */
export interface Security {
  readonly user?: number;
  readonly capabilities?: readonly string[];
  /** containerd and CRI-O grant capabilities to any user, Docker to root only. */
  readonly grantsTo?: 'anybody' | 'root';
  readonly noNewPrivileges?: boolean;
  readonly seccomp?: object;
}

export interface ContainerOptions extends Security {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Files by the paths they have inside. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface Container {
  /** What it has written on stderr so far. */
  readonly log: () => string;
  privileges(): Privileges;
  stop(): Promise<FinishedProcess>;
  ended(): Promise<FinishedProcess>;
}

const AWAIT_MS = 10_000;

/** Runs an image as a kubelet would: its user, a read-only root, no new privileges, the network namespace of a pod. */
export function runContainer(image: BuiltImage, pod: Namespace, options: ContainerOptions): Container {
  const id = `flowtap-${process.pid}-${randomBytes(4).toString('hex')}`;
  const bundle = makeRunFolder('bundle');
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(runtimeConfig(image, pod, options)));
  whenThisProcessEnds(`runc delete --force ${id}`);
  const child: ChildProcess = spawn('runc', ['run', '--bundle', bundle, id], {
    env: { PATH: process.env.PATH, ...environmentOfOwned() },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = finished(child);
  let written = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    written += chunk.toString();
  });
  return {
    log: () => written,
    privileges: () => {
      const state = execFileSync('runc', ['state', id], { encoding: 'utf8' });
      const { pid } = JSON.parse(state) as { readonly pid: number };
      return parsePrivileges(readFileSync(`/proc/${pid}/status`, 'utf8'));
    },
    stop: () => {
      child.kill('SIGTERM');
      return end;
    },
    ended: () => end,
  };
}

/** Waits until the container has written something. */
export async function written(container: Container, text: string): Promise<void> {
  await vi.waitFor(
    () => {
      if (!container.log().includes(text)) throw new Error(`it has not said "${text}": ${container.log()}`);
    },
    { interval: 20, timeout: AWAIT_MS },
  );
}

/** config.json of the OCI runtime specification. */
function runtimeConfig({ config, root }: BuiltImage, pod: Namespace, options: ContainerOptions): object {
  const { args, env = {}, files = {}, user, capabilities = [], grantsTo = 'anybody' } = options;
  const [uid, gid] = config.User.split(':').map(Number);
  const granted = grantsTo === 'anybody' || user === 0 ? capabilities : [];
  return {
    ociVersion: '1.0.2',
    process: {
      user: { uid: user ?? uid, gid: user ?? gid },
      cwd: '/',
      args: [...config.Entrypoint, ...args],
      env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      noNewPrivileges: options.noNewPrivileges ?? true,
      capabilities: { bounding: capabilities, permitted: granted, effective: granted },
    },
    root: { path: root, readonly: true },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=64k'] },
      ...Object.entries(files).map(([destination, source]) => ({
        ...{ destination, source, type: 'bind', options: ['bind', 'ro'] },
      })),
    ],
    linux: {
      namespaces: [
        ...['pid', 'ipc', 'uts', 'mount'].map((type) => ({ type })),
        { type: 'network', path: `/run/netns/${pod.name}` },
      ],
      ...(options.seccomp !== undefined && { seccomp: options.seccomp }),
    },
  };
}

import { execFile } from 'node:child_process';
import { createReadStream, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { descendants } from '../../servers/process-tree.ts';
import { ServerProcess } from '../../servers/server-process.ts';
import type { NodePlace } from './cluster-network.ts';

const READY_MS = 20_000;

/** Where programs of Debian are; a user's search path need not have all of them. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Programs of a node speak to one another and to the control plane, never by way of a proxy. */
const ENVIRONMENT = {
  PATH: SYSTEM_PATH,
  ...Object.fromEntries(
    ['http_proxy', 'https_proxy', 'HTTP_PROXY', 'HTTPS_PROXY'].map((name) => [name, undefined]),
  ),
};

/**
 * What a kubelet wants of the kernel (its container manager sets it where it is not so). These belong to the machine: the
 * node sees files in their place.
 */
const KERNEL_PARAMETERS = {
  'vm/overcommit_memory': 1,
  'vm/panic_on_oom': 0,
  'kernel/panic': 10,
  'kernel/panic_on_oops': 1,
  'kernel/keys/root_maxkeys': 1_000_000,
  'kernel/keys/root_maxbytes': 25_000_000,
} as const;

/**
 * The namespaces of a node (network, mounts, processes, host name, IPC) on this machine's file system. What a node writes
 * gets into a folder; its first process takes all others with it.
 */
export class NodeNamespaces {
  readonly #folder: string;
  readonly #init: ServerProcess;
  /** Of the first process, as the machine counts. */
  readonly #pid: number;

  private constructor(folder: string, init: ServerProcess) {
    this.#folder = folder;
    this.#init = init;
    this.#pid = descendants(init.pid)[0].pid;
  }

  static async start({ name, namespace }: NodePlace, folder: string): Promise<NodeNamespaces> {
    for (const path of ['lib', 'log', 'cgroup', 'sys']) mkdirSync(join(folder, path));
    const script = join(folder, 'init.sh');
    writeFileSync(script, initScript(name, folder));
    // What others unmount, such as namespaces of other tests, must not stay in use by this copy of the mounts.
    const mounts = ['--mount', '--propagation', 'slave'];
    const unshare = ['unshare', ...mounts, '--pid', '--fork', '--kill-child', '--uts', '--ipc'];
    const init = await ServerProcess.start({
      name: `node ${name}`,
      command: 'nsenter',
      args: [`--net=/run/netns/${namespace.name}`, ...unshare, 'sh', script],
      env: ENVIRONMENT,
      logPath: join(folder, 'init.log'),
    });
    await init.ready(async () => existsSync(join(folder, 'mounted')), READY_MS);
    return new NodeNamespaces(folder, init);
  }

  /** Starts a program inside; it ends with the node, too. */
  async spawn(name: string, command: string, args: readonly string[]): Promise<ServerProcess> {
    return await ServerProcess.start({
      name,
      command: 'nsenter',
      args: [...this.#enter(), command, ...args],
      env: ENVIRONMENT,
      logPath: join(this.#folder, `${name}.log`),
    });
  }

  /** Runs a program inside to its end; gives its output. @param input the path of a file that it reads */
  async run(command: string, args: readonly string[], input?: string): Promise<string> {
    const env = { ...process.env, ...ENVIRONMENT };
    const running = promisify(execFile)('nsenter', [...this.#enter(), command, ...args], { env });
    const { stdin } = running.child;
    if (input === undefined) stdin?.end();
    // Why a program reads no more, it says itself.
    else if (stdin !== null) await pipeline(createReadStream(input), stdin).catch(() => undefined);
    return (await running).stdout;
  }

  async stop(): Promise<void> {
    await this.#init.stop('SIGKILL');
  }

  #enter(): readonly string[] {
    return ['--target', String(this.#pid), '--mount', '--net', '--pid', '--uts', '--ipc'];
  }
}

/** A first process has to wait for those whose parents are gone. */
function initScript(name: string, folder: string): string {
  const parameters = Object.entries(KERNEL_PARAMETERS).map(([path, value]) => {
    const file = join(folder, 'sys', path.replaceAll('/', '.'));
    return `echo ${value} > ${file}; mount --bind ${file} /proc/sys/${path}`;
  });
  return `set -e
mount --rbind /sys/fs/cgroup ${folder}/cgroup
mount -t sysfs sysfs /sys
mount --rbind ${folder}/cgroup /sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs /run
mount -t proc proc /proc
mount --bind ${folder}/lib /var/lib
mount --bind ${folder}/log /var/log
${parameters.join('\n')}
mount --make-rshared /
hostname ${name}
mkdir /run/netns
touch ${folder}/mounted
sleep infinity &
wait
`;
}

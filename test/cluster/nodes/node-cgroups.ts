import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { whenThisProcessEnds } from '../../servers/keeper.ts';

const ROOT = '/sys/fs/cgroup';

/** Version 2 has one tree. */
const isVersion2 = existsSync(join(ROOT, 'cgroup.controllers'));

/** The trees of control groups: of version 1 one for each controller. */
function trees(): readonly string[] {
  if (isVersion2) return [ROOT];
  return readdirSync(ROOT, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(ROOT, name));
}

/** Why containers have no control groups here, in a sentence; undefined where they can. */
export function cgroupsUnavailable(): string | undefined {
  const needed = ['cpu', 'memory', 'pids'];
  const there = isVersion2
    ? readFileSync(join(ROOT, 'cgroup.controllers'), 'utf8').trim().split(' ')
    : needed.filter((name) => existsSync(join(ROOT, name)));
  const missing = needed.filter((name) => !there.includes(name));
  if (missing.length === 0) return undefined;
  return `the control groups in ${ROOT} lack ${missing.join(', ')}, by which a kubelet limits containers`;
}

/** Makes the control group that all pods of a node are below; it is removed when this process has ended. */
export function makeCgroup(name: string): void {
  whenThisProcessEnds(removal(name));
  if (isVersion2) {
    enableControllers();
    mkdirSync(join(ROOT, name));
    return;
  }
  for (const tree of trees()) {
    // A hybrid machine also has the tree of version 2, without controllers: containers make what they need there.
    if (!existsSync(join(tree, 'cgroup.controllers'))) mkdirSync(join(tree, name));
  }
  // cpuset(7): a group of version 1 has no processors until it is given some.
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const given = join(ROOT, 'cpuset', file);
    if (existsSync(given)) writeFileSync(join(ROOT, 'cpuset', name, file), readFileSync(given));
  }
}

/** A group of version 2 has the controllers that the one above passes on; a kubelet wants all of these that there are. */
function enableControllers(): void {
  const has = readFileSync(join(ROOT, 'cgroup.controllers'), 'utf8').trim().split(' ');
  const wanted = ['cpu', 'cpuset', 'hugetlb', 'memory', 'pids'].filter((name) => has.includes(name));
  writeFileSync(join(ROOT, 'cgroup.subtree_control'), wanted.map((name) => `+${name}`).join(' '));
}

/** Removes the group, once its processes are no more. */
export async function removeCgroup(name: string): Promise<void> {
  await promisify(execFile)('sh', ['-c', removal(name)]);
}

/** A group can be removed when it is empty, which takes the kernel a moment after the last process. */
function removal(name: string): string {
  const groups = trees()
    .map((tree) => join(tree, name))
    .join(' ');
  const remove = `find ${groups} -depth -type d -exec rmdir {} + 2>/dev/null`;
  return `for i in $(seq 50); do ${remove}; [ -z "$(ls -d ${groups} 2>/dev/null)" ] && break; sleep 0.1; done`;
}

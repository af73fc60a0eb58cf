import type { IpCommand } from './ip-command.ts';

/** Ends what runs in a network namespace, and takes it away. */
export function removeNamespace(ip: IpCommand, name: string): void {
  const pids = ip('netns', 'pids', name).split('\n').filter(Boolean);
  for (const pid of pids) endProcess(Number(pid));
  ip('netns', 'delete', name);
}

/**
 * Takes away the namespaces that dead processes have left.
 *
 * @param namePattern its first group is the id of the process that made the namespace
 */
export function removeLeftovers(ip: IpCommand, namePattern: RegExp, ownPid: number): void {
  for (const line of ip('netns', 'list').split('\n')) {
    const [name] = line.split(' ');
    const owner = Number(namePattern.exec(name)?.[1]);
    if (!(owner > 0) || (owner !== ownPid && isAlive(owner))) continue;
    try {
      removeNamespace(ip, name);
    } catch {
      // Another demo took it away at the same time.
    }
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

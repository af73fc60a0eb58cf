import { readdirSync, readFileSync } from 'node:fs';

export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  /** Of its program, at most 15 characters. */
  readonly name: string;
  /** With its arguments, each ended by a zero. */
  readonly command: string;
}

/** The processes that a process has started, and those that they have. Linux only. */
export function descendants(pid: number): readonly RunningProcess[] {
  const all = runningProcesses();
  const childrenOf = (parent: number): readonly RunningProcess[] =>
    all.filter((process) => process.parent === parent).flatMap((child) => [child, ...childrenOf(child.pid)]);
  return childrenOf(pid);
}

/** Those that nobody has waited for yet are not among them. */
export function runningProcesses(): readonly RunningProcess[] {
  const ids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return ids.flatMap((id) => {
    const process = read(id);
    return process === undefined ? [] : [process];
  });
}

/** proc_pid_stat(5): id, name in brackets, which may hold anything, state, parent. */
function read(id: string): RunningProcess | undefined {
  try {
    const [, name, state, parent] =
      /\((.*)\) (\S) (\d+)/s.exec(readFileSync(`/proc/${id}/stat`, 'utf8')) ?? [];
    if (state === 'Z') return undefined;
    return {
      pid: Number(id),
      parent: Number(parent),
      name,
      command: readFileSync(`/proc/${id}/cmdline`, 'utf8'),
    };
  } catch {
    return undefined;
  }
}

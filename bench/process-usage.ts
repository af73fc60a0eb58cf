import { readdirSync, readFileSync } from 'node:fs';

/** What the threads of a process have run so far, user and system, in nanoseconds (/proc/PID/task/TID/schedstat). */
export function cpuNanoseconds(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  }
  return nanoseconds;
}

/** The memory that is the process's own and goes with it, in KiB: no shared libraries, no packet ring. */
export function anonymousKibibytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss_Anon:\s+(\d+) kB/m.exec(rollup)?.[1]);
}

/** Whether some process in the network namespace of `pid` has a packet socket open. */
export function hasPacketSocket(pid: number): boolean {
  return readFileSync(`/proc/${pid}/net/packet`, 'utf8').trimEnd().split('\n').length > 1;
}

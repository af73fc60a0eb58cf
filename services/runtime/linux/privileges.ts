import { readFileSync } from 'node:fs';

/** What a process may do, as proc_pid_status(5) has it; sets of capabilities by their bits. */
export interface Privileges {
  readonly userId: number;
  readonly effective: bigint;
  readonly permitted: bigint;
  readonly bounding: bigint;
  readonly noNewPrivileges: boolean;
  /** System calls pass a filter. */
  readonly isFiltered: boolean;
}

/** SECCOMP_MODE_FILTER (linux/seccomp.h). */
const SECCOMP_MODE_FILTER = 2;

/** Of this process; undefined where there is no /proc to tell. */
export function readPrivileges(): Privileges | undefined {
  try {
    return parsePrivileges(readFileSync('/proc/self/status', 'utf8'));
  } catch {
    return undefined;
  }
}

/** Throws where a line is missing, but for those that the kernel may be built without. */
export function parsePrivileges(status: string): Privileges {
  const field = (name: string): string | undefined =>
    new RegExp(`^${name}:\\s*([0-9a-f]+)`, 'm').exec(status)?.[1];
  const capabilities = (name: string): bigint => BigInt(`0x${field(name)}`);
  return {
    // Of real, effective, saved and file system ids the second.
    userId: Number(/^Uid:\s*\d+\s+(\d+)/m.exec(status)?.[1]),
    effective: capabilities('CapEff'),
    permitted: capabilities('CapPrm'),
    bounding: capabilities('CapBnd'),
    noNewPrivileges: field('NoNewPrivs') === '1',
    isFiltered: Number(field('Seccomp') ?? 0) === SECCOMP_MODE_FILTER,
  };
}

export function hasCapability(set: bigint, capability: number): boolean {
  return (set >> BigInt(capability)) % 2n === 1n;
}

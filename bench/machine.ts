import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem } from 'node:os';

/** What the numbers depend on, a line a fact. */
export function machineFacts(): readonly string[] {
  return [
    `${cpus()[0].model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    `Linux ${release()}, Node.js ${process.versions.node}`,
  ];
}

/** The installed version of a Debian package; undefined where there is no dpkg or no such package. */
export function debianVersion(name: string): string | undefined {
  try {
    const status = execFileSync('dpkg', ['-s', name], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return /^Version: (.*)$/m.exec(status)?.[1];
  } catch {
    return undefined;
  }
}

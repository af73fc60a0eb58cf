import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../servers/cache-folder.ts';
import { whenThisProcessEnds } from '../servers/keeper.ts';

/** What is known of a cluster that a process of this machine keeps up. */
export interface RunningCluster {
  readonly pid: number;
  readonly context: string;
  readonly kubeconfig: string;
  readonly nodes: number;
  readonly since: string;
}

const FOLDER = cacheFolder('clusters');

/** Has other processes find the cluster of this one, until it ends. */
export function announceCluster(cluster: Omit<RunningCluster, 'pid' | 'since'>): void {
  const path = pathOf(process.pid);
  const announced = { ...cluster, pid: process.pid, since: new Date().toISOString() };
  mkdirSync(FOLDER, { recursive: true });
  whenThisProcessEnds(`rm -f '${path}'; rmdir '${FOLDER}'`);
  writeFileSync(path, JSON.stringify(announced));
}

/** Those that are up. */
export function runningClusters(): readonly RunningCluster[] {
  const names = readdirIfThere(FOLDER).filter((name) => name.endsWith('.json'));
  return names.flatMap((name) => {
    const path = join(FOLDER, name);
    const cluster = JSON.parse(readFileSync(path, 'utf8')) as RunningCluster;
    if (isAlive(cluster.pid)) return [cluster];
    rmSync(path, { force: true });
    return [];
  });
}

/** Whether something of a cluster is left: its announcement goes last. */
export function isLeft({ pid }: RunningCluster): boolean {
  return existsSync(pathOf(pid));
}

function pathOf(pid: number): string {
  return join(FOLDER, `${pid}.json`);
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function readdirIfThere(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

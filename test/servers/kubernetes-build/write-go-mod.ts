// Writes tools.go, go.mod and go.sum of this folder anew, and those of coredns, for the versions that
// kubernetes-programs.ts names. Run it when one changes: node test/servers/kubernetes-build/write-go-mod.ts
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installedProgram } from '../installed-program.ts';
import {
  COREDNS_VERSION,
  HELM_VERSION,
  KUBERNETES_PROGRAMS,
  KUBERNETES_VERSION,
} from '../kubernetes-programs.ts';

const folder = import.meta.dirname;
const release = `v${KUBERNETES_VERSION}`;
/** Kubernetes publishes the parts of its repository as modules of their own, with this version. */
const partsVersion = KUBERNETES_VERSION.replace(/^1\./, 'v0.');

function go(module: string, ...args: readonly string[]): string {
  const command = installedProgram('go') ?? 'go';
  return execFileSync(command, args, { cwd: module, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The go.mod of the release. */
function releasedGoMod(): string {
  const { Dir } = JSON.parse(go(folder, 'mod', 'download', '-json', `k8s.io/kubernetes@${release}`));
  return readFileSync(join(Dir, 'go.mod'), 'utf8');
}

function found(text: string, pattern: RegExp): string {
  const match = pattern.exec(text);
  if (match === null) throw new Error(`The go.mod of Kubernetes ${release} has no ${pattern}`);
  return match[1];
}

function goModOf(released: string): string {
  const parts = [...released.matchAll(/^\s*(k8s\.io\/\S+) => \.\/staging\//gm)].map(([, name]) => name);
  return [
    'module flowtap.test/kubernetes',
    '',
    `go ${found(released, /^go (\S+)$/m)}`,
    '',
    // The main module decides on Go's own compatibility settings: those of the release.
    `godebug ${found(released, /^godebug (\S+)$/m)}`,
    '',
    `require k8s.io/kubernetes ${release}`,
    `require go.etcd.io/etcd/server/v3 ${found(released, /go\.etcd\.io\/etcd\/server\/v3 (\S+)/)}`,
    `require helm.sh/helm/v3 v${HELM_VERSION}`,
    '',
    'replace (',
    ...parts.map((name) => `\t${name} => ${name} ${partsVersion}`),
    ')',
    '',
  ].join('\n');
}

function toolsGo(): string {
  const packages = Object.values(KUBERNETES_PROGRAMS).filter((name) => !name.startsWith('./'));
  return [
    '//go:build tools',
    '',
    '// Package tools names the commands that are built, so that go.mod holds what they need.',
    '// Written by write-go-mod.ts.',
    'package tools',
    '',
    'import (',
    ...packages.sort().map((name) => `\t_ "${name}"`),
    ')',
    '',
  ].join('\n');
}

function writeModule(module: string, goMod: string): void {
  rmSync(join(module, 'go.sum'), { force: true });
  writeFileSync(join(module, 'go.mod'), goMod);
  go(module, 'mod', 'tidy');
}

const released = releasedGoMod();
writeFileSync(join(folder, 'tools.go'), toolsGo());
writeModule(folder, goModOf(released));
writeModule(
  join(folder, 'coredns'),
  [
    'module flowtap.test/coredns',
    `go ${found(released, /^go (\S+)$/m)}`,
    `require github.com/coredns/coredns v${COREDNS_VERSION}`,
    '',
  ].join('\n\n'),
);

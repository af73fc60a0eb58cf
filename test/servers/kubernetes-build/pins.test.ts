import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COREDNS_VERSION, KUBERNETES_PROGRAMS, KUBERNETES_VERSION } from '../kubernetes-programs.ts';

const read = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');

// write-go-mod.ts writes both anew.
test('go.mod is of the version that the cache is named for', () => {
  expect(read('go.mod')).toContain(`\nrequire k8s.io/kubernetes v${KUBERNETES_VERSION}\n`);
});

test('go.mod of the DNS server likewise', () => {
  expect(read('coredns/go.mod')).toContain(`\nrequire github.com/coredns/coredns v${COREDNS_VERSION}\n`);
});

test('tools.go names the programs that are built', () => {
  const named = [...read('tools.go').matchAll(/_ "(.*)"/g)].map(([, name]) => name);
  const built = Object.values(KUBERNETES_PROGRAMS).filter((name) => !name.startsWith('./'));
  expect(named).toEqual([...built].sort());
});

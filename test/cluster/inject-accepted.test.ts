import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { GOLDEN_MANIFESTS } from '../cli/inject/golden-manifests.ts';
import { injectText } from '../cli/inject/inject-text.ts';
import type { ControlPlane } from '../servers/control-plane.ts';
import {
  CONTROL_PLANE_START_MS,
  controlPlaneUnavailable,
  startControlPlane,
} from '../servers/control-plane.ts';
import { untilServiceAccount } from './service-account.ts';

const unavailable = controlPlaneUnavailable('controller-manager');
let plane: ControlPlane;

beforeAll(async () => {
  if (unavailable !== undefined) return;
  // With it come service accounts, without which no pod may have a token.
  plane = await startControlPlane({ with: ['controller-manager'] });
  for (const name of ['shop', 'quiet', 'strict']) plane.kubectl(['create', 'namespace', name]);
  for (const name of ['default', 'shop', 'quiet', 'strict']) await untilServiceAccount(plane, name);
}, CONTROL_PLANE_START_MS);
afterAll(() => plane?.stop());
beforeEach((context) => {
  if (unavailable !== undefined) context.skip(unavailable);
});

/** With what kubectl does not take: texts that are no objects, lists in lists. */
const NOT_FOR_A_SERVER = ['others.yaml', 'lists.yaml'];
const MANIFESTS = GOLDEN_MANIFESTS.filter(({ name }) => !NOT_FOR_A_SERVER.includes(name));

describe.each(MANIFESTS)('$name', ({ name, before, rules }) => {
  const { text, lines } = injectText(before, rules);
  const applied = (manifests: string): Record<string, unknown>[] => {
    const path = join(plane.folder, name);
    writeFileSync(path, manifests);
    const args = ['apply', '--dry-run=server', '--validate=strict', '-o', 'json', '-f', path];
    const list = JSON.parse(plane.kubectl(args));
    return list.kind === 'List' ? list.items : [list];
  };

  test('is accepted by the API server', () => {
    const probes = JSON.stringify(applied(text)).match(/"name":"flowtap-probe"/g) ?? [];
    expect(probes.length).toBe(lines.filter((line) => line.endsWith(': injected')).length);
  });
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CHECK_NAMES } from '../../services/cli/check/check-result.ts';
import { POD_STATES } from '../../services/webhook/reconcile/pod-state.ts';

const DOCUMENT = readFileSync(new URL('../../docs/check.md', import.meta.url), 'utf8');

test('docs/check.md has each check', () => {
  const rows = [...DOCUMENT.matchAll(/^\| `(\w+)` \|.*\|.*\|$/gm)].map(([, name]) => name);
  expect(rows.slice(0, CHECK_NAMES.length)).toEqual(CHECK_NAMES);
});

test('docs/check.md has each state of a pod, with its meaning', () => {
  for (const [state, meaning] of Object.entries(POD_STATES)) {
    expect(DOCUMENT).toContain(`| \`${state}\` | ${meaning} |\n`);
  }
});

import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { kustomizePatches } from '../../../services/cli/inject/kustomize-patches.ts';
import { rulesOfFlags } from '../../fixtures/rules-of-flags.ts';

const COMPONENT = new URL('../../../kustomize/probe-sidecar/', import.meta.url);

/** What an overlay replaces. */
const PLACEHOLDERS = {
  probeImage: 'flowtap-probe',
  probeOutput: 'https://flowtap-enrichment.flowtap.svc:8443/v1/flows',
};
const PATCHES = [...kustomizePatches(rulesOfFlags(PLACEHOLDERS))].map(([file, text]) => ({ file, text }));

test.each(PATCHES)(
  'kustomize/probe-sidecar/$file is what the webhook adds (UPDATE_GOLDEN=1 writes it)',
  ({ file, text }) => {
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(new URL(file, COMPONENT), text);
    expect(readFileSync(new URL(file, COMPONENT), 'utf8')).toBe(text);
  },
);

test.each(PATCHES)('the component names $file', ({ file }) => {
  expect(readFileSync(new URL('kustomization.yaml', COMPONENT), 'utf8')).toContain(`path: ${file}\n`);
});

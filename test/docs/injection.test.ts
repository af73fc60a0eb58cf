import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { namespaceFlags } from '../../services/cli/webhook/probe-setting-catalogue.ts';
import { DECISIONS, hasProbe } from '../../services/webhook/policy/decision.ts';
import { replaceSection } from '../support/generated-section.ts';

const DOCUMENT = '../../docs/injection.md';
const RESOURCES = ['cpu-request', 'cpu-limit', 'memory-request', 'memory-limit'];

test('docs/injection.md lists exactly the decisions and settings of the code (npm test -- -u writes it)', async () => {
  const written = readFileSync(new URL(DOCUMENT, import.meta.url), 'utf8');
  const rows = Object.entries(DECISIONS).map(
    ([reason, sentence]) =>
      `| \`${reason}\` | ${hasProbe(reason as keyof typeof DECISIONS) ? 'yes' : 'no'} | ${sentence} |`,
  );
  const decisions = ['| Decision | Probe | Meaning |', '| --- | --- | --- |', ...rows].join('\n');
  const settings = [...namespaceFlags(), ...RESOURCES].map((name) => `\`${name}\``).join(', ');
  const expected = replaceSection(
    replaceSection(written, 'decisions', `${decisions}\n`),
    'namespace-settings',
    `${settings}.\n`,
  );
  await expect(expected).toMatchFileSnapshot(DOCUMENT);
});

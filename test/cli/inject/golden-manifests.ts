import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { InjectionRules } from '../../../services/webhook/inject-probe.ts';
import { rulesOfFlags } from '../../fixtures/rules-of-flags.ts';

const FOLDER = new URL('../../golden/inject/', import.meta.url);
const CA = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';

/** Rules that differ from the defaults. */
const RULES: Readonly<Record<string, InjectionRules>> = {
  'cron-job-plain.yaml': rulesOfFlags({}, { sidecar: 'plain' }),
  'carriage-returns.yaml': rulesOfFlags(
    { probeImagePullSecrets: 'ours,theirs' },
    { sidecar: 'plain', caPem: CA },
  ),
  'unended.yaml': rulesOfFlags({ probeImagePullSecrets: 'ours,theirs' }, { sidecar: 'plain', caPem: CA }),
  'nothing-there.yaml': rulesOfFlags({ probeImagePullSecrets: 'ours' }),
  'minified.json': rulesOfFlags({ probeImagePullSecrets: 'ours' }, { caPem: CA }),
};

export interface GoldenManifest {
  readonly name: string;
  readonly before: string;
  readonly rules: InjectionRules;
}

/** What is injected in the tests, as files of test/golden/inject/before. */
export const GOLDEN_MANIFESTS: readonly GoldenManifest[] = readdirSync(new URL('before/', FOLDER)).map(
  (name) => ({
    name,
    before: readFileSync(new URL(`before/${name}`, FOLDER), 'utf8'),
    rules: RULES[name] ?? rulesOfFlags(),
  }),
);

/** What should come of it; UPDATE_GOLDEN=1 writes it first. */
export function golden(path: string, text: string): string {
  const file = new URL(path, FOLDER);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

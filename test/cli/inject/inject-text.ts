import {
  injectManifests,
  treatmentLines,
  uninjectManifests,
} from '../../../services/cli/inject/inject-manifests.ts';
import { readManifests } from '../../../services/cli/inject/treat-manifests.ts';
import type { InjectionRules } from '../../../services/webhook/inject-probe.ts';

interface Written {
  readonly text: string;
  readonly lines: readonly string[];
}

/** A text of manifests with the probe. */
export function injectText(text: string, rules: InjectionRules): Written {
  const manifests = readManifests(text, 'input');
  const [treated] = injectManifests([manifests], rules);
  return { text: treated.text, lines: treatmentLines(manifests, treated) };
}

/** And without it. */
export function uninjectText(text: string): Written {
  const manifests = readManifests(text, 'input');
  const [treated] = uninjectManifests([manifests]);
  return { text: treated.text, lines: treatmentLines(manifests, treated) };
}

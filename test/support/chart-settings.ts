import { CHECK_SETTINGS } from '../../services/cli/commands/check.ts';
import { ENRICHMENT_SETTINGS } from '../../services/cli/commands/enrichment.ts';
import { KUBEAGENT_SETTINGS } from '../../services/cli/commands/kubeagent.ts';
import { PROBE_SETTINGS } from '../../services/cli/commands/probe-settings.ts';
import { RESOLVER_SETTINGS } from '../../services/cli/commands/resolver.ts';
import { SETUP_SETTINGS } from '../../services/cli/commands/setup.ts';
import { WEBHOOK_SETTINGS } from '../../services/cli/commands/webhook-settings.ts';
import { faultOfProbeVariable } from '../../services/cli/webhook/probe-setting-catalogue.ts';
import type { ConfigTable } from '../../services/runtime/config.ts';

/** The settings of the commands that the chart runs. */
export const CHART_COMMANDS: Readonly<Record<string, ConfigTable>> = {
  webhook: WEBHOOK_SETTINGS,
  kubeagent: KUBEAGENT_SETTINGS,
  enrichment: ENRICHMENT_SETTINGS,
  resolver: RESOLVER_SETTINGS,
  setup: SETUP_SETTINGS,
  check: CHECK_SETTINGS,
};

/** Variables that `settings` may hold, by the name of their definition in values.schema.json. */
export function settingNames(): Readonly<Record<string, readonly string[]>> {
  const lists = Object.entries(CHART_COMMANDS).map(
    ([command, table]) => [`${command}Settings`, variables(table)] as const,
  );
  return { ...Object.fromEntries(lists), probeSettings: variables(PROBE_SETTINGS).filter(isForAllProbes) };
}

function variables(table: ConfigTable): readonly string[] {
  return Object.values(table)
    .map(({ env }) => env)
    .sort();
}

/** True for what one value can say for all probes. */
function isForAllProbes(variable: string): boolean {
  return faultOfProbeVariable(variable, '')?.endsWith('is set for each pod anew') !== true;
}

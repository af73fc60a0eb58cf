import { longFlag } from '../../runtime/config.ts';
import type { ProbeSettingCatalogue } from '../../webhook/patch/namespace-settings.ts';
import type { ProbeConfig } from '../commands/probe-settings.ts';
import { PROBE_SETTINGS } from '../commands/probe-settings.ts';

type SettingName = keyof ProbeConfig;

/** What the owner of a namespace may decide; not where records go, nor who the probe says it is. */
const OF_NAMESPACES: readonly SettingName[] = [
  ...(['interfaces', 'filter', 'snaplenBytes', 'ringBytes', 'maxFlows'] as const),
  ...(['maxQueuedBytes', 'batchDelayMs', 'compressionLevel', 'heartbeatIntervalMs'] as const),
  ...([
    'shutdownGraceMs',
    'logLevel',
    'windowMs',
    'decapsulate',
    'idleTimeoutMs',
    'tcpIdleTimeoutMs',
  ] as const),
];

/** What the webhook itself sets in every probe. */
const OF_THE_WEBHOOK: readonly SettingName[] = [
  ...(['output', 'tokenFile', 'podName', 'podNamespace', 'podUid', 'podIps', 'nodeName'] as const),
];

/** What annotations of a namespace can set, by the flags of `flowtap probe`, read as the probe will read it. */
export const NAMESPACE_PROBE_SETTINGS: ProbeSettingCatalogue = {
  check(flag, value) {
    const name = OF_NAMESPACES.find((candidate) => longFlag(PROBE_SETTINGS[candidate]) === `--${flag}`);
    if (name === undefined) return undefined;
    const { env, parse } = PROBE_SETTINGS[name];
    const fault = faultOf(parse, value);
    return fault === undefined
      ? { variable: env }
      : { complaint: `must be ${fault}, not ${JSON.stringify(value)}.` };
  },
};

/** Flags that annotations of a namespace can set, for the documents: `window`, `filter`, … */
export function namespaceFlags(): readonly string[] {
  return OF_NAMESPACES.map((name) => longFlag(PROBE_SETTINGS[name]).slice(2));
}

/** What is wrong with a variable for all probes; undefined where nothing is. */
export function faultOfProbeVariable(variable: string, value: string): string | undefined {
  const [name, setting] = Object.entries(PROBE_SETTINGS).find(([, { env }]) => env === variable) ?? [];
  if (name === undefined || setting === undefined) return `${variable} is not a setting of the probe`;
  if (OF_THE_WEBHOOK.includes(name as SettingName)) return `${variable} is set for each pod anew`;
  const fault = faultOf(setting.parse, value);
  return fault === undefined ? undefined : `${variable} must be ${fault}, not ${JSON.stringify(value)}`;
}

interface Parser {
  safeParse(value: unknown):
    | { readonly success: true }
    | {
        readonly success: false;
        readonly error: { readonly issues: readonly { readonly message: string }[] };
      };
}

function faultOf(parse: Parser, value: string): string | undefined {
  const result = parse.safeParse(value);
  return result.success ? undefined : result.error.issues.map(({ message }) => message).join(' and ');
}

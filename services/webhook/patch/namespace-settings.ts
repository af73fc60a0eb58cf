import { FLOWTAP_KEY } from '../flowtap-key.ts';
import type { ProbeProfile, ProbeResources } from './probe-profile.ts';
import { parseQuantity } from './quality-of-service.ts';

/** What a namespace may set, and how: by the name of the probe's flag. */
export interface ProbeSettingCatalogue {
  /** The variable to set, or what is wrong with the value; undefined where namespaces cannot set this. */
  check(flag: string, value: string): CheckedSetting | undefined;
}

export type CheckedSetting = { readonly variable: string } | { readonly complaint: string };

/** What namespaces can change. */
export type ChangeableProfile = Pick<ProbeProfile, 'settings' | 'resources'>;

export interface NamespaceProfile<Profile extends ChangeableProfile> {
  readonly profile: Profile;
  /** Sentences about annotations that cannot be used; the rest counts. */
  readonly complaints: readonly string[];
}

const RESOURCES: Readonly<Record<string, keyof ProbeResources>> = {
  'cpu-request': 'cpuRequest',
  'cpu-limit': 'cpuLimit',
  'memory-request': 'memoryRequest',
  'memory-limit': 'memoryLimit',
};

/** Annotations with our prefix that say what was put in, and are not settings. */
const NOT_SETTINGS: ReadonlySet<string> = new Set([FLOWTAP_KEY.revision]);

/**
 * The probe of a namespace: `flowtap.dev/probe-<setting>` changes a setting of the probe by its flag's name, or what it
 * asks for (`cpu-request`, `cpu-limit`, `memory-request`, `memory-limit`). An annotation that makes no sense is left
 * out, with a complaint: who creates a pod is seldom who wrote it.
 */
export function profileOfNamespace<Profile extends ChangeableProfile>(
  profile: Profile,
  annotations: Readonly<Record<string, string>> | undefined,
  catalogue: ProbeSettingCatalogue,
): NamespaceProfile<Profile> {
  const complaints: string[] = [];
  const settings: Record<string, string> = { ...profile.settings };
  let resources: ProbeResources = profile.resources;
  for (const [key, value] of Object.entries(annotations ?? {})) {
    if (!key.startsWith(FLOWTAP_KEY.settingPrefix) || NOT_SETTINGS.has(key)) continue;
    const name = key.slice(FLOWTAP_KEY.settingPrefix.length);
    const resource = Object.hasOwn(RESOURCES, name) ? RESOURCES[name] : undefined;
    if (resource !== undefined) {
      if ((parseQuantity(value) ?? 0) > 0) resources = { ...resources, [resource]: value };
      else complaints.push(`${key} must be a quantity such as 50m or 64Mi, not ${JSON.stringify(value)}.`);
      continue;
    }
    const checked = catalogue.check(name, value);
    if (checked === undefined) complaints.push(`${key} is not a setting that a namespace can change.`);
    else if ('variable' in checked) settings[checked.variable] = value;
    else complaints.push(`${key} ${checked.complaint}`);
  }
  const contradiction = contradictionOf(resources);
  if (contradiction !== undefined) {
    complaints.push(contradiction);
    resources = profile.resources;
  }
  return { profile: { ...profile, settings, resources }, complaints };
}

/** The API server refuses a container that asks for more than its limit, and with it the whole pod. */
function contradictionOf(resources: ProbeResources): string | undefined {
  for (const kind of ['cpu', 'memory'] as const) {
    const request = resources[`${kind}Request`];
    const limit = resources[`${kind}Limit`];
    if ((parseQuantity(request) ?? 0) > (parseQuantity(limit) ?? 0)) {
      return `${FLOWTAP_KEY.settingPrefix}${kind}-request (${request}) must not be above the limit (${limit}); the resources of this namespace's annotations are left out.`;
    }
  }
  return undefined;
}

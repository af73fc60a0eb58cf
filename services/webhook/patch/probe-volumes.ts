import type { Volume } from '../pod.ts';
import type { ProbeProfile } from './probe-profile.ts';

const TOKEN_VOLUME = 'flowtap-token';
const NO_ACCOUNT_VOLUME = 'flowtap-no-account';
const TOKEN_FOLDER = '/var/run/secrets/flowtap';
const SERVICE_ACCOUNT_FOLDER = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Where the probe finds its token. */
export const TOKEN_FILE = `${TOKEN_FOLDER}/token`;

export const PROBE_VOLUME_NAMES: readonly string[] = [TOKEN_VOLUME, NO_ACCOUNT_VOLUME];

/** A token for enrichment alone, and nothing where the application's token for the API server would be mounted. */
export function probeVolumes({ tokenAudience, tokenSeconds }: ProbeProfile): readonly Volume[] {
  const serviceAccountToken = { audience: tokenAudience, expirationSeconds: tokenSeconds, path: 'token' };
  return [
    { name: TOKEN_VOLUME, projected: { sources: [{ serviceAccountToken }] } },
    { name: NO_ACCOUNT_VOLUME, emptyDir: { medium: 'Memory', sizeLimit: '1Mi' } },
  ];
}

/** The API server mounts the pod's own token into every container that has no mount at that path. */
export const PROBE_MOUNTS = [
  { name: TOKEN_VOLUME, mountPath: TOKEN_FOLDER, readOnly: true },
  { name: NO_ACCOUNT_VOLUME, mountPath: SERVICE_ACCOUNT_FOLDER, readOnly: true },
] as const;

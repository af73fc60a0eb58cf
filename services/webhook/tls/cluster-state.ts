import type { KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import type { KubernetesObject } from '../../runtime/kubernetes/kubernetes-object.ts';
import type { StoredAuthority } from './authority-secret.ts';
import { bundleOf, readAuthorities, storedAuthority } from './authority-secret.ts';
import { certificateId, coversNames, findIssuer, readCertificates } from './certificates.ts';
import type { LeafSecret, TlsLeaf } from './leaf-secret.ts';
import { readLeaf } from './leaf-secret.ts';
import { expectOwned } from './owned-object.ts';
import type { SecretStore } from './secret-store.ts';
import type { LeafFacts, TlsFacts } from './tls-facts.ts';
import type { ConfigurationView, WebhookNames } from './webhook-configuration.ts';
import { readConfiguration, viewConfiguration } from './webhook-configuration.ts';

/** What is read and written in the cluster. */
export interface TlsObjects extends WebhookNames {
  readonly authoritySecretName: string;
  readonly leaves: readonly TlsLeaf[];
}

export interface LeafState {
  readonly leaf: TlsLeaf;
  readonly secret: KubernetesObject | undefined;
  readonly content: LeafSecret;
}

/** All of it, as it was read. */
export interface ClusterState {
  readonly configuration: KubernetesObject | undefined;
  readonly view: ConfigurationView;
  readonly leaves: readonly LeafState[];
  readonly authoritySecret: KubernetesObject | undefined;
  readonly authorities: readonly StoredAuthority[];
}

/** How many authorities are believed in because they are published, where the own list of them is lost. */
const MAX_ADOPTED = 4;

/**
 * Reads the authorities last. Then what is written with them is refused if a later leader has written already: either
 * that was before the authorities were read, which then are the later leader's, or it has changed what was read before.
 */
export async function readClusterState(
  clients: { readonly api: KubernetesApi; readonly secrets: SecretStore },
  objects: TlsObjects,
  signal: AbortSignal,
): Promise<ClusterState> {
  const { api, secrets } = clients;
  const configuration = await readConfiguration(api, objects.configurationName, signal);
  const view = viewConfiguration(configuration, objects);
  const leaves: LeafState[] = [];
  for (const leaf of objects.leaves) {
    const secret = await secrets.read(leaf.secretName, signal);
    leaves.push({ leaf, secret, content: readLeaf(secret) });
  }
  const authoritySecret = await secrets.read(objects.authoritySecretName, signal);
  // Here already: with the authorities of somebody else nothing is to be done at all.
  if (authoritySecret !== undefined) expectOwned('Secret', authoritySecret);
  const stored = readAuthorities(authoritySecret);
  const authorities = stored.length > 0 ? stored : adoptAuthorities(view, leaves);
  return { configuration, view, leaves, authoritySecret, authorities };
}

/** What the plan goes by. */
export function factsOf(
  { view, leaves, authorities }: ClusterState,
  publishedSinceMs: ReadonlyMap<string, number>,
): TlsFacts {
  const bundlePem = bundleOf(authorities);
  const issuers = authorities.map(({ certificate }) => certificate);
  return {
    authorities: authorities.map(({ facts }) => facts),
    leaves: leaves.map(({ leaf, content }): LeafFacts => {
      const { certificate, bundlePem } = content;
      const issuer = certificate && findIssuer(certificate, issuers);
      return {
        secretName: leaf.secretName,
        bundle: readCertificates(bundlePem).map(certificateId),
        certificate: certificate && {
          issuerId: issuer && certificateId(issuer),
          notAfterMs: certificate.validToDate.getTime(),
          coversNames: coversNames(certificate, leaf.names),
        },
      };
    }),
    publishedSinceMs,
    isPublished: view.entries.every((entry) => entry.bundlePem === bundlePem),
  };
}

/**
 * Authorities that are trusted although nobody knows of them any more: the Secret was deleted, or others made the
 * certificates until now. They stay trusted while servers have certificates of theirs.
 */
function adoptAuthorities(view: ConfigurationView, leaves: readonly LeafState[]): readonly StoredAuthority[] {
  const bundles = [...leaves.map(({ content }) => content), ...view.entries];
  const found = bundles
    .flatMap(({ bundlePem }) => readCertificates(bundlePem))
    .flatMap((certificate) => storedAuthority(certificate.toString(), undefined));
  return [...new Map(found.map((authority) => [authority.facts.id, authority])).values()].slice(
    0,
    MAX_ADOPTED,
  );
}

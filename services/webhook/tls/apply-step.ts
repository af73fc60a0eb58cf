import type { KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import type { StoredAuthority } from './authority-secret.ts';
import { authoritiesData, bundleOf, storedAuthority } from './authority-secret.ts';
import type { ClusterState, LeafState } from './cluster-state.ts';
import { createAuthority, issueLeaf } from './issue-certificates.ts';
import { leafData } from './leaf-secret.ts';
import type { AuthorityChange } from './plan-authorities.ts';
import type { LeafIssue } from './plan-leaf.ts';
import type { SecretStore } from './secret-store.ts';
import type { TlsLifetimes } from './tls-lifetimes.ts';
import type { TlsStep } from './tls-plan.ts';
import { patchConfiguration } from './webhook-configuration.ts';
import type { KeyPair } from './x509-writer.ts';

export interface StepContext {
  readonly api: KubernetesApi;
  readonly secrets: SecretStore;
  readonly authoritySecretName: string;
  readonly lifetimes: TlsLifetimes;
  readonly nowMs: number;
}

/** Clocks of those who verify may be this late. */
const CLOCK_SKEW_MS = 300_000;

/** Does a step of the plan to the state that it was made for. False where somebody else has changed that meanwhile. */
export async function applyStep(
  step: TlsStep,
  state: ClusterState,
  context: StepContext,
  signal: AbortSignal,
): Promise<boolean> {
  const { api } = context;
  const { configuration, view, authorities } = state;
  const bundlePem = bundleOf(authorities);
  switch (step.kind) {
    case 'change-authorities':
      return await changeAuthorities(step, state, context, signal);
    case 'publish': {
      const entries = view.entries.filter((entry) => entry.bundlePem !== bundlePem);
      return await patchConfiguration(api, configuration!, { entries, bundlePem }, signal);
    }
    case 'issue': {
      const leaf = leafOf(state, step.secretName);
      return await writeLeaf(leaf, await issue(step, leaf, state, context), bundlePem, context, signal);
    }
    case 'refresh': {
      const leaf = leafOf(state, step.secretName);
      return await writeLeaf(leaf, leaf.content.pair, bundlePem, context, signal);
    }
  }
}

async function changeAuthorities(
  { add, keep }: AuthorityChange,
  { authorities, authoritySecret }: ClusterState,
  { secrets, authoritySecretName, lifetimes, nowMs }: StepContext,
  signal: AbortSignal,
): Promise<boolean> {
  const added = add ? await newAuthority(nowMs, lifetimes) : [];
  const kept = authorities.flatMap((authority): readonly StoredAuthority[] => {
    const facts = keep.find(({ id }) => id === authority.facts.id);
    return facts === undefined ? [] : [{ ...authority, facts }];
  });
  const content = { type: 'Opaque', data: authoritiesData([...added, ...kept]) } as const;
  return await secrets.write(authoritySecretName, content, authoritySecret, signal);
}

async function newAuthority(
  nowMs: number,
  { authorityMs }: TlsLifetimes,
): Promise<readonly StoredAuthority[]> {
  const pair = await createAuthority({ notBeforeMs: nowMs - CLOCK_SKEW_MS, notAfterMs: nowMs + authorityMs });
  return storedAuthority(pair.certPem, pair.keyPem);
}

async function issue(
  { signerId }: LeafIssue,
  { leaf }: LeafState,
  { authorities }: ClusterState,
  { lifetimes, nowMs }: StepContext,
): Promise<KeyPair> {
  const signer = authorities.find(({ facts }) => facts.id === signerId)!;
  const issuer = { certPem: signer.certificate.toString(), keyPem: signer.keyPem! };
  // What outlives its authority is not to be trusted.
  const notAfterMs = Math.min(nowMs + lifetimes.leafMs, signer.facts.notAfterMs);
  return await issueLeaf(issuer, leaf.names, { notBeforeMs: nowMs - CLOCK_SKEW_MS, notAfterMs });
}

async function writeLeaf(
  { leaf, secret }: LeafState,
  pair: KeyPair,
  bundlePem: string,
  { secrets }: StepContext,
  signal: AbortSignal,
): Promise<boolean> {
  const content = { type: 'kubernetes.io/tls', data: leafData(pair, bundlePem) } as const;
  return await secrets.write(leaf.secretName, content, secret, signal);
}

function leafOf({ leaves }: ClusterState, secretName: string): LeafState {
  return leaves.find(({ leaf }) => leaf.secretName === secretName)!;
}

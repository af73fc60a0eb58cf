import type { Authenticator, TokenAuthority } from '../../enrichment/receive/authenticator.ts';
import { createAuthenticator } from '../../enrichment/receive/authenticator.ts';
import { KubernetesTokenReviewer } from '../../enrichment/receive/kubernetes-token-reviewer.ts';
import type { ReceiveMetrics } from '../../enrichment/receive/receive-metrics.ts';
import { TokenFile } from '../../enrichment/receive/token-file.ts';
import { TokenReviewAuthority } from '../../enrichment/receive/token-review.ts';
import { FlowtapError } from '../../runtime/errors.ts';
import { connectKubernetes } from '../../runtime/kubernetes/connect.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { CommandContext } from '../command-context.ts';
import type { EnrichmentConfig } from '../commands/enrichment.ts';

export interface OpenAuthenticator {
  readonly authenticator: Authenticator;
  close(): void;
}

/** Tokens whose answers are remembered. */
const MAX_TOKENS = 50_000;

/** Who may send, by the settings. Throws a FlowtapError CONFIG_INVALID or KUBERNETES_CONFIG_INVALID. */
export function openAuthenticator(
  config: EnrichmentConfig,
  { clock, signal, version }: CommandContext,
  { log, metrics }: { readonly log: Logger; readonly metrics: ReceiveMetrics },
): OpenAuthenticator {
  const authorities: TokenAuthority[] = [];
  if (config.sharedTokensFile !== undefined) {
    const tokens = new TokenFile(config.sharedTokensFile);
    void tokens.watch({ clock, signal, log });
    authorities.push(tokens);
  }
  const kubernetes = config.tokenReview
    ? connectKubernetes({
        kubeconfig: config.kubeconfig,
        context: config.context,
        userAgent: `flowtap-enrichment/${version}`,
      })
    : undefined;
  if (kubernetes !== undefined) {
    authorities.push(
      new TokenReviewAuthority({
        reviewer: new KubernetesTokenReviewer(kubernetes.api, config.tokenAudience, signal),
        clock,
        maxAgeMs: config.tokenMaxAgeMs,
        maxTokens: MAX_TOKENS,
        onReview: (outcome) => metrics.tokenReviews.add(1, { outcome }),
      }),
    );
  }
  const { allowAnonymous } = config;
  if (allowAnonymous) log.warn('flows are taken from anybody, who is believed (--allow-anonymous)');
  return {
    authenticator: createAuthenticator({ authorities, allowAnonymous }),
    close: () => kubernetes?.api.close(),
  };
}

/** Throws a FlowtapError CONFIG_INVALID where nobody could send, or TLS is half configured. */
export function checkSenders(config: EnrichmentConfig): void {
  const { tokenReview, sharedTokensFile, tlsClientCaFile, allowAnonymous, tlsCertFile, tlsKeyFile } = config;
  if (!tokenReview && !allowAnonymous && sharedTokensFile === undefined && tlsClientCaFile === undefined) {
    throw invalid(
      'Nobody could send flows: set --token-review (pods of the cluster), --shared-tokens-file or ' +
        '--tls-client-ca-file (others), or --allow-anonymous (anybody, for trials).',
    );
  }
  if ((tlsCertFile === undefined) !== (tlsKeyFile === undefined)) {
    throw invalid('--tls-cert-file and --tls-key-file belong together: give both or none.');
  }
  if (tlsClientCaFile !== undefined && tlsCertFile === undefined) {
    throw invalid('--tls-client-ca-file needs TLS: give --tls-cert-file and --tls-key-file too.');
  }
  if (config.maxBodyBytes > config.maxInFlightBytes) {
    throw invalid(
      '--max-body must not be larger than --max-in-flight-bytes, or no large request could ever be taken.',
    );
  }
}

function invalid(message: string): FlowtapError {
  return new FlowtapError('CONFIG_INVALID', 'config', message);
}

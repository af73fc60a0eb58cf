import { FlowtapError } from '../../runtime/errors.ts';
import type { DeliveryConfig } from '../commands/delivery-settings.ts';

/** True for an output that records are delivered to, and not written to. */
export function isReceiverUrl(output: string): boolean {
  return /^https?:\/\//i.test(output);
}

/** The receiver's URL. Throws CONFIG_INVALID for what cannot be one, and for settings that do not go together. */
export function readReceiverUrl(output: string, config: DeliveryConfig): URL {
  const url = URL.parse(output);
  // The text is not repeated: it may hold a password.
  if (url === null)
    throw invalid('--output (FLOWTAP_OUTPUT) is no URL such as https://flowtap-enrichment:8443/v1/flows.');
  if (url.username !== '' || url.password !== '') {
    throw invalid('--output (FLOWTAP_OUTPUT) must not hold a password; name a file with --token-file.');
  }
  if ((config.clientCertFile === undefined) !== (config.clientKeyFile === undefined)) {
    throw invalid('--client-cert-file and --client-key-file must be given together.');
  }
  if (config.ca !== undefined && config.caFile !== undefined) {
    throw invalid('--ca and --ca-file say the same: give one of them.');
  }
  return url;
}

function invalid(message: string): FlowtapError {
  return new FlowtapError('CONFIG_INVALID', 'config', message);
}

import type { ObservedFrom } from './loss-exchange.ts';

/**
 * Whether an observation is the record that counts. Two probes may see one flow, and each observation is judged alone, so
 * both must come to the same choice:
 *
 * | client monitored | server monitored | seen by the client | seen by the server | seen by others |
 * | --- | --- | --- | --- | --- |
 * | yes | yes | counts | – | counts |
 * | yes | no | counts | – | counts |
 * | no | yes | – | counts | counts |
 * | no | no | counts | counts | counts |
 *
 * Monitored is a pod of its own address that carries a probe; the client is the flow's source.
 */
export function isRecord(
  from: ObservedFrom | undefined,
  isClientMonitored: boolean,
  isServerMonitored: boolean,
): boolean {
  if (from === undefined) return true;
  return from === 'source' ? isClientMonitored || !isServerMonitored : !isClientMonitored;
}

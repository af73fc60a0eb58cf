import type { FlowBatchHeader } from '../../core/flow-batch.ts';
import type { Sender } from '../document/sender.ts';
import type { AuthenticatedSender } from './authenticator.ts';

/**
 * Who sent a batch. A token of the cluster says which pod it is, whatever the batch claims; its owner may not be another
 * one; of the addresses that are claimed that one is proven from which the connection came. Of other senders, which
 * nobody in the cluster vouches for, the claim is all there is.
 *
 * @param peerIp the other end of the connection; undefined where it is not known
 */
export function toSender(
  owner: AuthenticatedSender,
  header: FlowBatchHeader | undefined,
  lossy: boolean,
  peerIp?: string,
): Sender {
  const claim = header?.probe.pod;
  const pod = owner.method === 'token_review' ? owner.pod : claim;
  const probe = header && { ...header.probe, pod: claim?.uid === pod?.uid ? claim : undefined };
  return {
    name: owner.name,
    lossy,
    ...(pod !== undefined && {
      pod: { namespace: pod.namespace, name: pod.name, uid: pod.uid, node: pod.node },
    }),
    ...(probe !== undefined && { probe }),
    // Those of another pod's claim are not this one's.
    ...(claim !== undefined && claim.uid === pod?.uid && { ips: claim.ips }),
    // A token does not name addresses.
    ...(owner.method === 'token_review' && { provenIps: peerIp === undefined ? [] : [peerIp] }),
  };
}

import type { DescribedIdentity } from '../identify/described-identity.ts';
import type { Address } from '../locate/address.ts';
import type { FlowWork } from './flow-work.ts';
import type { ObservedFrom } from './loss-exchange.ts';
import type { Sender, SenderPod } from './sender.ts';

/** Which ends of a flow are the pod whose probe sent it, and which of them the record was seen from. */
export interface ObservedEnds {
  readonly sourceIsSelf: boolean;
  readonly destinationIsSelf: boolean;
  /** Undefined where the sender is neither end: a probe of a node, a router, somebody else's sensor. */
  readonly from: ObservedFrom | undefined;
}

const NEITHER: ObservedEnds = { sourceIsSelf: false, destinationIsSelf: false, from: undefined };

/**
 * An end is the sender's own pod by its address, or by the pod that the state store names; where neither is known, by the
 * direction, since a pod's probe sees nothing but the pod's flows. A pod that calls itself through a service is both ends,
 * and sees the flow twice: as it leaves, and as it arrives.
 *
 * @param ips the sender's addresses in canonical text
 */
export function observedEnds(work: FlowWork, sender: Sender, ips: ReadonlySet<string>): ObservedEnds {
  const { pod } = sender;
  if (pod === undefined) return NEITHER;
  const sourceIsSelf = isSelf(work.source, work.originalSource, work.sourceIdentity, pod, ips);
  const destinationIsSelf = isSelf(
    work.destination,
    work.originalDestination,
    work.destinationIdentity,
    pod,
    ips,
  );
  const direction = work.event.network?.direction;
  if (sourceIsSelf && destinationIsSelf) {
    const isArriving =
      direction === 'ingress' || (direction !== 'egress' && work.originalSource !== undefined);
    return { sourceIsSelf, destinationIsSelf, from: isArriving ? 'destination' : 'source' };
  }
  if (sourceIsSelf || destinationIsSelf) {
    return { sourceIsSelf, destinationIsSelf, from: sourceIsSelf ? 'source' : 'destination' };
  }
  if (ips.size > 0 || sender.probe === undefined) return NEITHER;
  if (direction === 'egress' && work.sourceIdentity === undefined) {
    return { sourceIsSelf: true, destinationIsSelf, from: 'source' };
  }
  if (direction === 'ingress' && work.destinationIdentity === undefined) {
    return { sourceIsSelf, destinationIsSelf: true, from: 'destination' };
  }
  return NEITHER;
}

function isSelf(
  address: Address | undefined,
  original: Address | undefined,
  identity: DescribedIdentity | undefined,
  pod: SenderPod,
  ips: ReadonlySet<string>,
): boolean {
  if (address !== undefined && ips.has(address.text)) return true;
  if (original !== undefined && ips.has(original.text)) return true;
  return identity?.podUids.includes(pod.uid) === true;
}

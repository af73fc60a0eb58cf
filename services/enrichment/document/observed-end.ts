import type { DescribedIdentity } from '../identify/described-identity.ts';
import { lastKnown } from '../identify/last-known.ts';
import type { Address } from '../locate/address.ts';
import type { FlowWork } from './flow-work.ts';
import type { ObservedFrom } from './loss-exchange.ts';
import type { Sender, SenderPod } from './sender.ts';
import type { SenderAddresses } from './sender-addresses.ts';

/**
 * What an end is to the pod whose probe sent the flow. `claimed` is what the probe says is its pod's, and nothing proves;
 * `disputed` what is proven to be the pod's, while the state store says that it is somebody else's.
 */
export type OwnEnd = 'self' | 'claimed' | 'disputed' | 'other';

/** What both ends of a flow are to its sender, and which of them the record was seen from. */
export interface ObservedEnds {
  readonly source: OwnEnd;
  readonly destination: OwnEnd;
  /** Undefined where the sender is neither end: a probe of a node, a router, somebody else's sensor. */
  readonly from: ObservedFrom | undefined;
}

const NEITHER: ObservedEnds = { source: 'other', destination: 'other', from: undefined };

/**
 * An end is the sender's own pod where the state store says so; where it does not know the address, if the address is
 * proven. From which end a record was seen decides only which of two records counts, so that the sender's word is enough
 * for it, and where it gives none the direction: a pod's probe sees nothing but the pod's flows. A pod that calls itself
 * through a service is both ends, and sees the flow twice: as it leaves, and as it arrives.
 */
export function observedEnds(work: FlowWork, sender: Sender, addresses: SenderAddresses): ObservedEnds {
  const { pod } = sender;
  if (pod === undefined) return NEITHER;
  const source = ownEnd(work.source, work.originalSource, work.sourceIdentity, pod, addresses);
  const destination = ownEnd(
    work.destination,
    work.originalDestination,
    work.destinationIdentity,
    pod,
    addresses,
  );
  const direction = work.event.network?.direction;
  if (source !== 'other' && destination !== 'other') {
    const isArriving =
      direction === 'ingress' || (direction !== 'egress' && work.originalSource !== undefined);
    return { source, destination, from: isArriving ? 'destination' : 'source' };
  }
  if (source !== 'other' || destination !== 'other') {
    return { source, destination, from: source === 'other' ? 'destination' : 'source' };
  }
  if (addresses.claimed.size > 0 || sender.probe === undefined) return NEITHER;
  const byDirection = sender.provenIps === undefined ? 'self' : 'claimed';
  if (direction === 'egress' && work.sourceIdentity === undefined) {
    return { source: byDirection, destination, from: 'source' };
  }
  if (direction === 'ingress' && work.destinationIdentity === undefined) {
    return { source, destination: byDirection, from: 'destination' };
  }
  return NEITHER;
}

function ownEnd(
  address: Address | undefined,
  original: Address | undefined,
  identity: DescribedIdentity | undefined,
  pod: SenderPod,
  { claimed, proven }: SenderAddresses,
): OwnEnd {
  const has = (addresses: ReadonlySet<string>): boolean =>
    (address !== undefined && addresses.has(address.text)) ||
    (original !== undefined && addresses.has(original.text));
  if (identity !== undefined) {
    if (identity.podUids.includes(pod.uid)) return 'self';
    // A pod with host network; it is named as the node anyway.
    if (identity.kind === 'node') return has(claimed) && isOn(identity, pod) ? 'self' : 'other';
    return has(proven) ? 'disputed' : 'other';
  }
  if (lastKnown(address)?.podUids.includes(pod.uid) || has(proven)) return 'self';
  return has(claimed) ? 'claimed' : 'other';
}

function isOn({ node }: DescribedIdentity, pod: SenderPod): boolean {
  return pod.node === undefined || pod.node === node;
}

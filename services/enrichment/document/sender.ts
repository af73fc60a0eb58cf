import type { ProbeIdentity } from '../../core/flow-batch.ts';

/** Who sent a batch, as authenticated: what the token says, not what the payload claims. */
export interface Sender {
  /** The pod whose probe it is; absent for senders that are no pod, or that nobody authenticated. */
  readonly pod?: SenderPod | undefined;
  /** The pod's addresses, as its probe says. */
  readonly ips?: readonly string[] | undefined;
  /** Where the probe's word alone is not enough: the addresses that it was found to have. Absent for senders that are believed. */
  readonly provenIps?: readonly string[] | undefined;
  /** What the batch's header says of the probe. */
  readonly probe?: ProbeIdentity | undefined;
  /** Another name, for senders without pod and probe; part of the documents' ids. */
  readonly name?: string | undefined;
  /** The probe itself missed or dropped something since its last batch, so its sequence counters are not to be trusted. */
  readonly lossy: boolean;
}

export interface SenderPod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node?: string | undefined;
}

import type { LabelSelector } from './label-selector.ts';

/** What decides of `networking.k8s.io/v1` NetworkPolicy. */
export interface NetworkPolicy {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly podSelector: LabelSelector;
    readonly policyTypes?: readonly PolicyType[];
    readonly ingress?: readonly PolicyRule[];
    readonly egress?: readonly PolicyRule[];
  };
}

export type PolicyType = 'Ingress' | 'Egress';

/** An ingress rule names its peers `from`, an egress rule `to`; empty and absent lists stand for all. */
export interface PolicyRule {
  readonly from?: readonly PolicyPeer[];
  readonly to?: readonly PolicyPeer[];
  readonly ports?: readonly PolicyPort[];
}

export interface PolicyPeer {
  readonly podSelector?: LabelSelector;
  readonly namespaceSelector?: LabelSelector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

export interface PolicyPort {
  readonly protocol?: PolicyProtocol;
  /** A number, or the name of a port of the pod's containers. */
  readonly port?: number | string;
  readonly endPort?: number;
}

export type PolicyProtocol = 'TCP' | 'UDP' | 'SCTP';

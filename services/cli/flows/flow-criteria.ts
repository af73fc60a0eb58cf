import type { AddressPattern } from './address-pattern.ts';
import type { LabelSelector } from './label-selector.ts';
import type { NamePattern } from './name-pattern.ts';
import type { PortRange } from './port-range.ts';

/** How ends are named, `flowtap.<end>.named_by`. */
export const NAMED_BY = ['self', 'interval', 'service', 'node', 'external', 'unknown'] as const;
/** How a flow was translated, `flowtap.nat.evidence`, or that it was not. */
export const NAT_EVIDENCE = ['conntrack', 'inferred', 'none'] as const;
export const FLOW_END_REASONS = ['fin', 'rst', 'idle', 'shutdown', 'evicted'] as const;

/** What is asked of an end. Of one list any entry, of several lists each; what is undefined asks nothing. */
export interface EndCriteria {
  readonly namespace?: readonly NamePattern[] | undefined;
  readonly pod?: readonly NamePattern[] | undefined;
  readonly service?: readonly NamePattern[] | undefined;
  readonly workload?: readonly NamePattern[] | undefined;
  readonly label?: LabelSelector | undefined;
  readonly ip?: readonly AddressPattern[] | undefined;
  readonly port?: readonly PortRange[] | undefined;
  readonly namedBy?: readonly (typeof NAMED_BY)[number][] | undefined;
}

/** Which flows are asked for. */
export interface FlowCriteria {
  /** Of one end, whichever. */
  readonly either: EndCriteria;
  /** Of the end that opened the connection. */
  readonly from: EndCriteria;
  /** Of the end that answered. */
  readonly to: EndCriteria;
  readonly transport?: readonly string[] | undefined;
  readonly nat?: readonly (typeof NAT_EVIDENCE)[number][] | undefined;
  readonly endReason?: readonly (typeof FLOW_END_REASONS)[number][] | undefined;
  /** One end is outside of the cluster. */
  readonly isExternal: boolean;
  /** The answer to a SYN was a RST. */
  readonly isRefused: boolean;
  /** There was no answer to a SYN. */
  readonly isUnanswered: boolean;
  /** Payload was lost. */
  readonly isLossy: boolean;
  /** Milliseconds since 1970; the first moment that counts. */
  readonly fromMs?: number | undefined;
  /** The first that does not. */
  readonly toMs?: number | undefined;
}

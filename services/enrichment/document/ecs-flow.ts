import type { PASSED, PassedText } from './passed-text.ts';

/**
 * A flow in the field names of the Elastic Common Schema, as JSON gave it: what the probe writes (docs/records.md), or
 * what another sender has of it. Only the two addresses and the time are sure to be there. Enrichment changes it in
 * place; fields that are not named here stay as they came.
 */
export interface EcsFlow {
  '@timestamp': string;
  source: EcsEnd;
  destination: EcsEnd;
  event?: EcsEventFields | undefined;
  flow?: { id?: string; final?: boolean } | undefined;
  network?: EcsNetwork | undefined;
  host?: Record<string, unknown> | undefined;
  observer?: Record<string, unknown> | undefined;
  related?: { ip?: string[]; hosts?: string[] } | undefined;
  flowtap?: FlowtapFields | undefined;
  /** Of an event of a probe, what was not made fields of. */
  [PASSED]?: PassedText;
  [field: string]: unknown;
}

export interface EcsEnd {
  ip?: string | undefined;
  port?: number | undefined;
  bytes?: number | undefined;
  packets?: number | undefined;
  domain?: string | undefined;
  [field: string]: unknown;
}

export interface EcsEventFields {
  id?: string;
  start?: string;
  end?: string;
  type?: string[];
  [field: string]: unknown;
}

export interface EcsNetwork {
  transport?: string;
  iana_number?: string;
  direction?: string;
  community_id?: string | undefined;
  bytes?: number;
  packets?: number;
  [field: string]: unknown;
}

/** Fields that ECS does not have: the probe's, and those of enrichment (docs/documents.md). */
export interface FlowtapFields {
  initiator?: { evidence?: string };
  window?: { start: string; end: string };
  icmp?: { type: number; code?: number };
  tcp?: { source: FlowtapTcpSide; destination: FlowtapTcpSide };
  end_reason?: string;
  [field: string]: unknown;
}

export interface FlowtapTcpSide {
  sequence?: FlowtapSequence;
  /** All of it, where the event has passed text. */
  [PASSED]?: string;
  [field: string]: unknown;
}

/** Counters that are zero are left out. */
export interface FlowtapSequence {
  initial: number;
  highest: number;
  payload_bytes: number;
  repeated_bytes?: number;
  missing_bytes?: number;
  skipped_bytes?: number;
  reordered_gaps?: number;
}

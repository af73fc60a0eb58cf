import type { DescribedIdentity } from '../identify/described-identity.ts';
import type { Address } from '../locate/address.ts';
import type { EcsFlow } from './ecs-flow.ts';
import type { FlowLoss } from './loss.ts';
import type { OwnObservation } from './loss-exchange.ts';

/** What enrichment finds out of one event on its way to a document. */
export interface FlowWork {
  readonly event: EcsFlow;
  /** The document's `_id`. */
  readonly id: string;
  /** IANA number; undefined where the event names none that is known. */
  readonly protocol: number | undefined;
  /** The record's first and last packet, in milliseconds since 1970. */
  readonly startMs: number;
  readonly endMs: number;
  /** The ends as they are to be named: after translation the real ones. Undefined where the text is no address. */
  source: Address | undefined;
  destination: Address | undefined;
  /** Addresses that were observed and are no longer those of the ends. */
  originalSource: Address | undefined;
  originalDestination: Address | undefined;
  translation: 'none' | 'conntrack' | 'inferred';
  sourceIdentity: DescribedIdentity | undefined;
  destinationIdentity: DescribedIdentity | undefined;
  /** What the sender's probe tells of loss, from its end. */
  observation: OwnObservation | undefined;
  loss: FlowLoss | undefined;
}

/**
 * Key of what an event holds as JSON that goes into the document as it came. A symbol, so that no text of a sender can
 * be it.
 */
export const PASSED = Symbol('passed');

/** The members of a probe's event that enrichment neither reads nor changes, or only reads. */
export interface PassedText {
  /** From `@timestamp` to `ecs`. */
  readonly head: string;
  /** `host`, `agent` and `observer`; or `agent` alone, where the batch says the others. */
  origin: string;
  readonly agent: string;
  /** `log` with a comma before it, or nothing. */
  readonly log: string;
  /** Of `event`, from `kind` to `duration`. */
  readonly event: string;
  /** Of `network`, from `type` to `iana_number`. */
  readonly network: string;
  /** Of `network`, `bytes` and `packets`. */
  readonly volume: string;
  /** Of `flowtap`, from `offload` to `icmp`, with a comma before each. */
  readonly flowtap: string;
}

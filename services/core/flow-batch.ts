/**
 * First line of a delivery to `POST /v1/flows`, under the key `flowtap.batch`; ECS events follow, a line each. Other
 * senders may leave the line out.
 */
export interface FlowBatchHeader {
  readonly version: 1;
  readonly probe: ProbeIdentity;
  /** Counts deliveries of this probe from 1; a delivery that is tried again keeps its number. */
  readonly sequence: number;
  /** Lines that follow. */
  readonly events: number;
  /** When the batch was closed, in milliseconds since 1970. */
  readonly createdMs: number;
  /** Asks for a document of these counters, see `flowtap.probe` in docs/metrics.md. */
  readonly heartbeat: boolean;
  /** Set on the last delivery of a probe that stops. */
  readonly final: boolean;
  /** Why the probe captures nothing at the moment, if so: a code of docs/errors.md, and a sentence. */
  readonly error: { readonly code: string; readonly message: string } | undefined;
  /** Everything counted since the probe's start, by name (`capture.kernel_drops`, `queue.dropped_events`, …). */
  readonly counters: Readonly<Record<string, number>>;
}

export interface ProbeIdentity {
  /** A random id of this run of the probe. */
  readonly id: string;
  readonly version: string;
  readonly startedMs: number;
  readonly host: string;
  /** What the pod is told of itself (downward API); a claim, which the sender's token overrules. */
  readonly pod:
    | {
        readonly namespace: string;
        readonly name: string;
        readonly uid: string;
        readonly node: string;
        readonly ips: readonly string[];
      }
    | undefined;
}

/** The key of the header line. */
export const FLOW_BATCH_KEY = 'flowtap.batch';

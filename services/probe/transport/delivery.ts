/** A batch as it is sent: a header line and events, compressed. */
export interface Delivery {
  /** As in its header. */
  readonly sequence: number;
  readonly createdMs: number;
  readonly events: number;
  /** Of the event lines, uncompressed. */
  readonly eventBytes: number;
  /** The last one of the probe: it is sent when all others have been. */
  readonly isFinal: boolean;
  /** gzip. */
  readonly body: Uint8Array;
}

/** What is known of a delivery whose body may be elsewhere. */
export type DeliveryFacts = Omit<Delivery, 'body'> & {
  /** Of the body. */
  readonly bodyBytes: number;
};

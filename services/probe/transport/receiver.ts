/** What a receiver answered to a delivery. */
export interface ReceiverAnswer {
  readonly status: number;
  /** The header Retry-After as it was sent. */
  readonly retryAfter: string | undefined;
  /** The beginning of the body. */
  readonly text: string;
}

/** Takes deliveries: `POST /v1/flows`. */
export interface Receiver {
  /** Resolves with any answer; rejects where there was none: not reached, no token, too slow. */
  send(body: Uint8Array, signal: AbortSignal): Promise<ReceiverAnswer>;
  close(): void;
}

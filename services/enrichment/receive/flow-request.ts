import type { Readable } from 'node:stream';

/** A request to `POST /v1/flows`, whatever server it came through. */
export interface FlowRequest {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body as it was sent, not read so far. */
  readonly body: Readable;
  /** Subject of the client's certificate, where one was asked for and verified. */
  readonly certificateName?: string | undefined;
  /** Where the connection came from. */
  readonly peerIp?: string | undefined;
  /** Called before the body is read: a sender may wait for it (`Expect: 100-continue`). */
  readonly begin?: () => void;
}

export interface FlowReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly body: unknown;
}

/** A header's value; the first one where it came more than once. */
export function headerOf(request: FlowRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

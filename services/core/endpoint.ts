/** An address in text form (dotted decimal, or RFC 5952) and a port; 0 where the protocol has none. */
export interface Endpoint {
  readonly ip: string;
  readonly port: number;
}

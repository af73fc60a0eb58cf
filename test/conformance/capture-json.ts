/** The shape of a file of expected flows. Its times are too large for a double, so they are read as bigint. */
export interface CaptureJson {
  /** False where the file itself is damaged; then the flows are those before the damage. */
  readonly readable: boolean;
  /** By the outermost IP header. */
  readonly flows: readonly FlowJson[];
  /** By the innermost IP header of every tunnel the dissector knows; only where that differs. */
  readonly inner_flows?: readonly FlowJson[];
}

export interface FlowJson {
  readonly community_id: string;
  readonly ip_version: number;
  readonly protocol: number;
  readonly a: EndpointJson;
  readonly b: EndpointJson;
  readonly a_to_b: DirectionJson;
  readonly b_to_a: DirectionJson;
  readonly first_ns: bigint;
  readonly last_ns: bigint;
}

export interface EndpointJson {
  readonly ip: string;
  /** For ICMP the type, and at the other end its counterpart or the code. */
  readonly port: number | null;
}

export interface DirectionJson {
  readonly packets: number;
  readonly ip_bytes: number;
}

/** Parses a file of expected flows without rounding its times. */
export function parseCaptureJson(text: string): CaptureJson {
  return JSON.parse(text, keepNanoseconds) as CaptureJson;
}

function keepNanoseconds(key: string, value: unknown, context?: { readonly source?: string }): unknown {
  return key.endsWith('_ns') && context?.source !== undefined ? BigInt(context.source) : value;
}

/** What the ends of a flow are grouped by, from coarse to fine. */
export const LEVELS = ['namespace', 'service', 'workload', 'pod', 'address'] as const;
export type Level = (typeof LEVELS)[number];

/** Which documents count. What is undefined does not restrict; what may be at either end is looked for at both. */
export interface FlowFilter {
  /** Milliseconds since 1970; the first moment that counts. */
  readonly fromMs?: number | undefined;
  /** The first moment that does not. */
  readonly toMs?: number | undefined;
  readonly namespace?: string | undefined;
  readonly pod?: string | undefined;
  readonly service?: ServiceName | undefined;
  /** At the destination. */
  readonly answeredBy?: ServiceName | undefined;
  readonly source?: End | undefined;
  readonly destination?: End | undefined;
  readonly label?: { readonly key: string; readonly value: string } | undefined;
  /** An address, or a range such as 10.0.0.0/8; the observed one counts as well as the translated one. */
  readonly address?: string | undefined;
  readonly port?: number | undefined;
  /** As `network.transport` has it: tcp, udp, icmp. */
  readonly transport?: string | undefined;
}

export interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

/** What an end is called at a level. */
export interface End {
  readonly kind: 'namespace' | 'service' | 'workload' | 'pod' | 'node' | 'address' | 'outside' | 'unknown';
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** How much was sent, and what of it came to grief. */
export interface Volume {
  /** Different flows. */
  readonly connections: number;
  /** Of IP, sent by the source and by the destination. */
  readonly sourceBytes: number;
  readonly destinationBytes: number;
  readonly sourcePackets: number;
  readonly destinationPackets: number;
  /** Payload that was sent and did not arrive, in both directions. */
  readonly lostBytes: number;
  /** Payload that was seen again, in both directions. */
  readonly repeatedBytes: number;
}

export interface Edge {
  readonly source: End;
  readonly destination: End;
  /** Where edges were asked for with ports: of the destination. */
  readonly port?: number | undefined;
  readonly transport?: string | undefined;
  readonly volume: Volume;
}

export interface EdgesQuery {
  readonly filter: FlowFilter;
  readonly level: Level;
  /** Edges of different ports and protocols apart. */
  readonly withPorts: boolean;
  /** At most so many, those of most bytes. */
  readonly size: number;
}

export interface Edges {
  readonly edges: readonly Edge[];
  /** How many there are. */
  readonly found: number;
  /** Of all of them. */
  readonly total: Volume;
  /** There are more combinations than are looked at: numbers are of a part. */
  readonly isPartial: boolean;
}

export interface SplitQuery {
  readonly filter: FlowFilter;
  readonly service: ServiceName;
  /** A label of pods, to be split by as well. */
  readonly label?: string | undefined;
  /** `service`: only what came through the service's address, and so was balanced. `auto`: that, if there is any. */
  readonly calls: 'auto' | 'service' | 'all';
}

/** What one pod answered. */
export interface PodShare {
  /** Undefined: nobody knows which pod it was. */
  readonly pod: string | undefined;
  readonly node: string | undefined;
  readonly version: string | undefined;
  readonly label: string | undefined;
  readonly volume: Volume;
}

export interface Split {
  readonly pods: readonly PodShare[];
  readonly calls: 'service' | 'all';
  /** Labels that pods of the service have, to be split by. */
  readonly labels: readonly string[];
  readonly isPartial: boolean;
}

export interface FlowsQuery {
  readonly filter: FlowFilter;
  readonly sort: 'time' | 'bytes';
  readonly size: number;
  /** `next` of the page before. */
  readonly after?: FlowCursor | undefined;
}

/** What the last row of a page is sorted by. */
export type FlowCursor = readonly (string | number)[];

/** A flow in one window. */
export interface FlowRow {
  readonly flowId: string;
  readonly communityId: string | undefined;
  /** End of the window. */
  readonly at: string;
  readonly transport: string | undefined;
  readonly source: FlowRowEnd;
  readonly destination: FlowRowEnd;
  readonly lostBytes: number;
  readonly endReason: string | undefined;
}

export interface FlowRowEnd extends End {
  readonly ip: string | undefined;
  readonly port: number | undefined;
  readonly bytes: number;
  readonly packets: number;
}

export interface Flows {
  readonly flows: readonly FlowRow[];
  /** Undefined on the last page. */
  readonly next: FlowCursor | undefined;
  readonly found: number;
}

/** A document as enrichment wrote it. */
export type FlowDocument = Readonly<Record<string, unknown>>;

export interface FlowHistory {
  /** A window each, the first first. */
  readonly documents: readonly FlowDocument[];
  /** What the other end's probe saw of the same. */
  readonly peers: readonly FlowDocument[];
  readonly isPartial: boolean;
}

/** How a probe was when it last said so. */
export interface ProbeState {
  readonly id: string;
  /** Its pod, else its host. */
  readonly name: string;
  readonly namespace: string | undefined;
  readonly node: string | undefined;
  readonly version: string | undefined;
  readonly started: string | undefined;
  readonly lastHeartbeat: string;
  /** It said that it ends. */
  readonly isFinal: boolean;
  /** Why it cannot capture. */
  readonly error: string | undefined;
  /** Since its start, by dotted names. */
  readonly counters: Readonly<Record<string, number>>;
}

export interface Probes {
  readonly probes: readonly ProbeState[];
  readonly isPartial: boolean;
}

/** What filters can be set to. */
export interface Names {
  readonly namespaces: readonly string[];
  readonly services: readonly ServiceName[];
  readonly isPartial: boolean;
}

/** Where the console's numbers come from. Each call rejects with a FlowtapError where it cannot answer. */
export interface FlowSource {
  edges(query: EdgesQuery, signal: AbortSignal): Promise<Edges>;
  split(query: SplitQuery, signal: AbortSignal): Promise<Split>;
  flows(query: FlowsQuery, signal: AbortSignal): Promise<Flows>;
  flow(flowId: string, filter: FlowFilter, signal: AbortSignal): Promise<FlowHistory>;
  probes(filter: FlowFilter, signal: AbortSignal): Promise<Probes>;
  names(filter: FlowFilter, signal: AbortSignal): Promise<Names>;
}

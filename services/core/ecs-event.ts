import { writeTcp } from './ecs-tcp.ts';
import type { FlowRecord, FlowSide, Timestamp } from './flow-record.ts';
import { IsoTimeWriter } from './iso-time.ts';
import type { LineWriter, Piece } from './line-writer.ts';
import { piece } from './line-writer.ts';
import { transportName } from './protocol.ts';

/** What every event of one probe says of its origin. */
export interface EcsOrigin {
  /** The node or machine. */
  readonly hostName: string;
  readonly agentVersion: string;
  /** Namespace of the data stream. */
  readonly dataStreamNamespace: string;
  /** How merged frames were counted: by the kernel's virtio header, or each frame as one packet. */
  readonly segmentOffload: 'vnet_hdr' | 'none';
}

/** The window a record reports, in milliseconds since 1970. */
export interface ReportedWindow {
  readonly startMs: number;
  readonly endMs: number;
}

/** No event of this writer is longer, its origin and file path aside. */
const EVENT_BYTES = 6144;

const text = (value: string): string => JSON.stringify(value);

/** JSON text in ASCII: other characters are escaped, so that it can be a piece. */
const asciiText = (value: string): string =>
  text(value).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

const TIMESTAMP = piece('{"@timestamp":"');
const EVENT_START = piece(',"event":{"kind":"event","category":["network"],"action":"network_flow",');
const EVENT_TYPE = piece(
  '"dataset":"flowtap.flow","module":"flowtap","provider":"flowtap","type":["connection"',
);
const TYPE_START = piece(',"start"');
const TYPE_END = piece(',"end"');
const TYPE_INFO = piece(',"info"');
const FLOW_START = piece('],"start":"');
const FLOW_END = piece('","end":"');
const DURATION = piece('","duration":');
const EVENT_ID = piece(',"id":"');
const ID_OF_END = piece('/end');
const FLOW_ID = piece('"},"flow":{"id":"');
const FINAL = piece('","final":true},"network":{"type":"');
const NOT_FINAL = piece('","final":false},"network":{"type":"');
const IPV4 = piece('ipv4","transport":"');
const IPV6 = piece('ipv6","transport":"');
const IANA_NUMBER = piece('","iana_number":"');
const DIRECTION = piece('","direction":"');
const COMMUNITY_ID = piece('","community_id":"');
const NETWORK_BYTES = piece('","bytes":');
const PACKETS = piece(',"packets":');
const SOURCE = piece('},"source":{"ip":"');
const DESTINATION = piece('},"destination":{"ip":"');
const PORT = piece('","port":');
const BYTES = piece(',"bytes":');
const BYTES_AFTER_TEXT = piece('","bytes":');
const RELATED = piece('},"related":{"ip":["');
const NEXT_TEXT = piece('","');
const FLOWTAP = piece('"]},"flowtap":{"initiator":{"evidence":"');
const END_OF_EVIDENCE = piece('"}');
const END_REASON = piece(',"end_reason":"');
const WINDOW_START = piece(',"window":{"start":"');
const WINDOW_END = piece('","end":"');
const ICMP_TYPE = piece(',"icmp":{"type":');
const ICMP_CODE = piece(',"code":');
const OBJECT_END = piece('}');
const QUOTE = piece('"');
const SLASH = piece('/');
const DOT = piece('.');
const EVENT_STOP = piece('}}\n');

/**
 * Writes flow records as Elastic Common Schema events, one line of JSON each. The events hold what the probe knows;
 * names of pods and places come later in the pipeline.
 */
export class EcsEventWriter {
  readonly #times = new IsoTimeWriter();
  readonly #origin: Piece;
  #offload: Piece;
  #file: Piece | undefined;

  constructor(origin: EcsOrigin) {
    const host = asciiText(origin.hostName);
    const version = asciiText(origin.agentVersion);
    this.#origin = piece(
      `","type":"flow","ecs":{"version":"9.3.0"},"data_stream":{"type":"logs","dataset":"flowtap.flow",` +
        `"namespace":${asciiText(origin.dataStreamNamespace)}},"host":{"name":${host}},` +
        `"agent":{"type":"flowtap","version":${version}},` +
        `"observer":{"type":"sensor","vendor":"flowtap","name":${host},"version":${version}}`,
    );
    this.#offload = offloadPiece(origin.segmentOffload);
  }

  /** Says how merged frames are counted from now on, where a capture begins anew. */
  setSegmentOffload(segmentOffload: EcsOrigin['segmentOffload']): void {
    this.#offload = offloadPiece(segmentOffload);
  }

  /** Names the capture file of the events that follow (`log.file.path`); undefined for none. */
  setFile(path: string | undefined): void {
    this.#file = path === undefined ? undefined : piece(`,"log":{"file":{"path":${asciiText(path)}}}`);
  }

  /** Room that one event needs in a line writer, at most. */
  get eventBytes(): number {
    return EVENT_BYTES + this.#origin.bytes + (this.#file?.bytes ?? 0);
  }

  /** Appends one event; `line` must have room for `eventBytes`. */
  write(line: LineWriter, record: FlowRecord, window: ReportedWindow | undefined): void {
    line.piece(TIMESTAMP);
    this.#writeTimestamp(line, record, window);
    line.piece(this.#origin);
    if (this.#file !== undefined) line.piece(this.#file);
    this.#writeEvent(line, record);
    this.#writeNetwork(line, record);
    line.piece(SOURCE);
    writeSide(line, record.source);
    line.piece(DESTINATION);
    writeSide(line, record.destination);
    line.piece(RELATED);
    line.ascii(record.source.address);
    if (record.destination.address !== record.source.address) {
      line.piece(NEXT_TEXT);
      line.ascii(record.destination.address);
    }
    this.#writeFlowtap(line, record, window);
    line.piece(EVENT_STOP);
  }

  /** The end of the reported interval: the window's, or the last packet's where the window was cut short. */
  #writeTimestamp(line: LineWriter, record: FlowRecord, window: ReportedWindow | undefined): void {
    const lastMs = record.end.seconds * 1000 + Math.floor(record.end.nanoseconds / 1e6);
    const isCut = record.endReason === 'shutdown' || record.endReason === 'evicted';
    if (window === undefined) this.#writeMilliseconds(line, lastMs);
    else this.#writeMilliseconds(line, isCut ? Math.max(lastMs, window.startMs) : window.endMs);
  }

  #writeMilliseconds(line: LineWriter, ms: number): void {
    const seconds = Math.floor(ms / 1000);
    this.#times.writeMilliseconds(line, seconds, (ms - seconds * 1000) * 1e6);
  }

  /** The flow's id is unique among the probe's flows: its Community ID and its first packet's time. */
  #writeEvent(line: LineWriter, record: FlowRecord): void {
    const { start, end, flowStart } = record;
    const isEmpty = record.source.packets + record.destination.packets === 0;
    const isFirst =
      !isEmpty && flowStart.seconds === start.seconds && flowStart.nanoseconds === start.nanoseconds;
    line.piece(EVENT_START);
    line.piece(EVENT_TYPE);
    if (isFirst) line.piece(TYPE_START);
    if (record.endReason !== undefined) line.piece(TYPE_END);
    else if (!isFirst) line.piece(TYPE_INFO);
    line.piece(FLOW_START);
    this.#times.write(line, start.seconds, start.nanoseconds);
    line.piece(FLOW_END);
    this.#times.write(line, end.seconds, end.nanoseconds);
    line.piece(DURATION);
    writeDuration(line, start, end);
    line.piece(EVENT_ID);
    const flowId = line.position;
    line.ascii(record.communityId);
    line.piece(SLASH);
    writeInstant(line, flowStart);
    const flowIdEnd = line.position;
    line.piece(SLASH);
    writeInstant(line, start);
    // The record that only ends a flow has the times of the packet that an earlier record told.
    if (isEmpty) line.piece(ID_OF_END);
    line.piece(FLOW_ID);
    line.repeat(flowId, flowIdEnd);
    line.piece(record.endReason === undefined ? NOT_FINAL : FINAL);
  }

  #writeNetwork(line: LineWriter, record: FlowRecord): void {
    line.piece(record.ipVersion === 4 ? IPV4 : IPV6);
    line.ascii(transportName(record.protocol));
    line.piece(IANA_NUMBER);
    line.integer(record.protocol);
    line.piece(DIRECTION);
    line.ascii(record.direction);
    line.piece(COMMUNITY_ID);
    line.ascii(record.communityId);
    line.piece(NETWORK_BYTES);
    line.integer(record.source.bytes + record.destination.bytes);
    line.piece(PACKETS);
    line.integer(record.source.packets + record.destination.packets);
  }

  #writeFlowtap(line: LineWriter, record: FlowRecord, window: ReportedWindow | undefined): void {
    line.piece(FLOWTAP);
    line.ascii(record.evidence);
    line.piece(END_OF_EVIDENCE);
    line.piece(this.#offload);
    if (record.endReason !== undefined) {
      line.piece(END_REASON);
      line.ascii(record.endReason);
      line.piece(QUOTE);
    }
    if (window !== undefined) {
      line.piece(WINDOW_START);
      this.#writeMilliseconds(line, window.startMs);
      line.piece(WINDOW_END);
      this.#writeMilliseconds(line, window.endMs);
      line.piece(END_OF_EVIDENCE);
    }
    if (record.icmp !== undefined) {
      line.piece(ICMP_TYPE);
      line.integer(record.icmp.type);
      if (record.icmp.code !== undefined) {
        line.piece(ICMP_CODE);
        line.integer(record.icmp.code);
      }
      line.piece(OBJECT_END);
    }
    const { source, destination } = record;
    if (source.tcp !== undefined && destination.tcp !== undefined)
      writeTcp(line, source.tcp, destination.tcp);
  }
}

/** Nanoseconds, which may be more than a number holds exactly. */
function offloadPiece(segmentOffload: EcsOrigin['segmentOffload']): Piece {
  return piece(`,"offload":{"counted_by":"${segmentOffload}"}`);
}

function writeDuration(line: LineWriter, start: Timestamp, end: Timestamp): void {
  const borrows = end.nanoseconds < start.nanoseconds ? 1 : 0;
  const seconds = end.seconds - start.seconds - borrows;
  const nanoseconds = end.nanoseconds - start.nanoseconds + borrows * 1e9;
  if (seconds === 0) {
    line.integer(nanoseconds);
    return;
  }
  line.integer(seconds);
  line.nanoseconds(nanoseconds);
}

/** Seconds since 1970, with nine decimals. */
function writeInstant(line: LineWriter, time: Timestamp): void {
  line.integer(time.seconds);
  line.piece(DOT);
  line.nanoseconds(time.nanoseconds);
}

function writeSide(line: LineWriter, side: FlowSide): void {
  line.ascii(side.address);
  if (side.port === undefined) {
    line.piece(BYTES_AFTER_TEXT);
  } else {
    line.piece(PORT);
    line.integer(side.port);
    line.piece(BYTES);
  }
  line.integer(side.bytes);
  line.piece(PACKETS);
  line.integer(side.packets);
}

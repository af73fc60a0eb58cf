import type { EndReason, FlowRecord } from '../../core/flow-record.ts';
import { TCP } from '../../core/protocol.ts';
import type { PacketSink } from '../capture/packet-sink.ts';
import { type DecodeCause, decodeCounts } from '../decode/decode-counters.ts';
import { FrameDecoder } from '../decode/frame-decoder.ts';
import * as packet from '../decode/packet-row.ts';
import type { Tunnel } from '../decode/tunnel.ts';
import { flowRecordAt, resetWindow } from './flow-export.ts';
import * as flow from './flow-row.ts';
import { FlowTable } from './flow-table.ts';
import { ListeningPorts } from './listening-ports.ts';
import { Window } from './window.ts';

/** Where records go. Must take what it is given at once; a queue behind it bounds and counts. */
export interface RecordSink {
  /** @param window the window the record reports, undefined where records span the whole input */
  record(record: FlowRecord, window: Window | undefined): void;
}

export interface FlowMeterOptions {
  /** Length of the windows, aligned to the wall clock; 0 makes one record of each flow over the whole input. */
  readonly windowMs: number;
  /** Silence that ends a flow, in seconds; 0 never. */
  readonly idleTimeoutSeconds: number;
  readonly tcpIdleTimeoutSeconds: number;
  /** With windows of 0: a record is cut when its flow has run so long, in seconds; 0 never. */
  readonly activeTimeoutSeconds: number;
  readonly maxFlows: number;
  readonly maxFragmentedDatagrams: number;
  readonly communityIdSeed: number;
  readonly decapsulate: readonly Tunnel[];
  /** Seed of the table's hash; random where traffic may be hostile. */
  readonly hashSeed: number;
}

/** What the meter has seen and made so far. */
export interface FlowMeterStatistics {
  readonly frames: number;
  readonly frameBytes: number;
  /** Frames in no flow, by wire length too; `causes` says why. */
  readonly otherFrames: number;
  readonly otherFrameBytes: number;
  /** Wire packets in flows, more than frames where offloads merged them. */
  readonly packets: number;
  readonly ipBytes: number;
  readonly flows: number;
  readonly liveFlows: number;
  readonly records: number;
  readonly evictedFlows: number;
  /** Packets that came after their window had been closed; they count in the next one. */
  readonly latePackets: number;
  /** Gaps in TCP streams that found no place to be remembered. */
  readonly forgottenGaps: number;
  readonly causes: Readonly<Partial<Record<DecodeCause, number>>>;
}

/** Packets decoded before they enter the table together: their memory stays in the first cache. */
const BATCH_ROWS = 64;

/**
 * Packets in, flow records out: decodes frames in batches, keeps the flow table, closes windows by the packets' own
 * time (and by `advanceTo` when a live interface is silent).
 */
export class FlowMeter implements PacketSink {
  readonly listeningPorts = new ListeningPorts();
  readonly #options: FlowMeterOptions;
  readonly #sink: RecordSink;
  readonly #decoder: FrameDecoder;
  readonly #table: FlowTable;
  readonly #batch = new Int32Array(BATCH_ROWS * packet.ROW_WORDS);
  readonly #batchRows = new Int32Array(BATCH_ROWS);
  readonly #window: Window | undefined;
  #batchEnd = 0;
  #frames = 0;
  #frameBytes = 0;
  #otherFrames = 0;
  #otherFrameBytes = 0;
  #packets = 0;
  #ipBytes = 0;
  #flows = 0;
  #records = 0;
  #evictedFlows = 0;
  #latePackets = 0;

  constructor(options: FlowMeterOptions, sink: RecordSink) {
    this.#options = options;
    this.#sink = sink;
    this.#decoder = new FrameDecoder({
      decapsulate: options.decapsulate,
      fragmentCapacity: options.maxFragmentedDatagrams,
      hashSeed: options.hashSeed,
    });
    this.#table = new FlowTable(options.maxFlows, this.listeningPorts);
    this.#window = options.windowMs > 0 ? new Window(options.windowMs) : undefined;
  }

  packet(
    view: DataView,
    offset: number,
    capturedBytes: number,
    wireBytes: number,
    linkType: number,
    seconds: number,
    nanoseconds: number,
    circumstances: number,
  ): void {
    this.#frames++;
    this.#frameBytes += wireBytes;
    const batch = this.#batch;
    const base = this.#batchEnd;
    const decoded = this.#decoder.decode(
      view,
      offset,
      capturedBytes,
      wireBytes,
      linkType,
      seconds,
      circumstances,
      batch,
      base,
    );
    if (!decoded) {
      this.#otherFrames++;
      this.#otherFrameBytes += wireBytes;
      return;
    }
    batch[base + packet.SECONDS] = seconds;
    batch[base + packet.NANOSECONDS] = nanoseconds;
    this.#batchEnd = base + packet.ROW_WORDS;
    if (this.#batchEnd === batch.length) this.#meterBatch();
  }

  /** Closes the windows that end by then (milliseconds since 1970), though no packet has come to do it. */
  advanceTo(nowMs: number): void {
    this.#meterBatch();
    const window = this.#window;
    if (window !== undefined && window.isOpen && nowMs >= window.endMs) {
      this.#closeWindow(window);
      window.openAt(Math.floor(nowMs / 1000), 0);
    }
  }

  /** Ends the input: every flow gives its last record. */
  finish(): void {
    this.#meterBatch();
    const words = this.#table.words;
    for (let row = 0; row < this.#table.highWater; row++) {
      const at = row * flow.ROW_WORDS;
      const state = words[at + flow.STATE];
      if ((state & flow.USED) === 0) continue;
      const isNews = (state & flow.ACTIVE) !== 0 || (state & flow.FINAL_EXPORTED) === 0;
      if (isNews) this.#export(at, closedReason(state) ?? 'shutdown');
      this.#table.remove(at);
    }
  }

  statistics(): FlowMeterStatistics {
    return {
      frames: this.#frames,
      frameBytes: this.#frameBytes,
      otherFrames: this.#otherFrames,
      otherFrameBytes: this.#otherFrameBytes,
      packets: this.#packets,
      ipBytes: this.#ipBytes,
      flows: this.#flows,
      liveFlows: this.#table.size,
      records: this.#records,
      evictedFlows: this.#evictedFlows,
      latePackets: this.#latePackets,
      forgottenGaps: this.#table.holes.forgotten,
      causes: decodeCounts(this.#decoder.counters),
    };
  }

  #meterBatch(): void {
    const batch = this.#batch;
    const end = this.#batchEnd;
    this.#batchEnd = 0;
    const rows = this.#batchRows;
    this.#table.locate(batch, end, rows);
    let count = 0;
    for (let base = 0; base < end; base += packet.ROW_WORDS) this.#meterPacket(batch, base, rows[count++]);
  }

  #meterPacket(batch: Int32Array, base: number, probableRow: number): void {
    const table = this.#table;
    const window = this.#window;
    if (window !== undefined) this.#enterWindow(window, batch, base);
    this.#packets += batch[base + packet.PACKETS];
    this.#ipBytes += batch[base + packet.IP_BYTES];
    let at = table.isFlowOf(probableRow, batch, base) ? probableRow : table.find(batch, base);
    if (at < 0) {
      if (table.isFull) this.#evict();
      this.#flows++;
      at = table.insert(batch, base);
    } else if (this.#beginsAnother(at, batch, base)) {
      table.clear(at);
      this.#flows++;
      table.begin(at, batch, base);
    }
    table.update(at, batch, base);
  }

  #enterWindow(window: Window, batch: Int32Array, base: number): void {
    const seconds = batch[base + packet.SECONDS] >>> 0;
    const nanoseconds = batch[base + packet.NANOSECONDS];
    if (!window.isOpen) {
      window.openAt(seconds, nanoseconds);
    } else if (window.isAfter(seconds, nanoseconds)) {
      this.#closeWindow(window);
      window.openAt(seconds, nanoseconds);
    } else if (window.isBefore(seconds, nanoseconds)) {
      this.#latePackets++;
    }
  }

  /** Whether the packet starts a new flow on the old one's addresses; then the old one's last record is out. */
  #beginsAnother(at: number, batch: Int32Array, base: number): boolean {
    const options = this.#options;
    const words = this.#table.words;
    const state = words[at + flow.STATE];
    if (this.#window !== undefined) {
      const tcp = batch[base + packet.TCP];
      const reason = closedReason(state);
      const isSyn = (tcp & (packet.TCP_SYN | packet.TCP_ACK)) === packet.TCP_SYN;
      if (!isSyn || reason === undefined) return false;
      if ((state & flow.ACTIVE) !== 0 || (state & flow.FINAL_EXPORTED) === 0) this.#export(at, reason);
      return true;
    }
    const seconds = batch[base + packet.SECONDS] >>> 0;
    const idleSeconds = this.#idleTimeout(words[at + packet.KIND]);
    if (idleSeconds > 0 && seconds - (words[at + flow.LAST_SECONDS] >>> 0) >= idleSeconds) {
      this.#export(at, 'idle');
      return true;
    }
    const active = options.activeTimeoutSeconds;
    const isActive = (state & flow.ACTIVE) !== 0;
    if (active > 0 && isActive && seconds - (words[at + flow.FIRST_SECONDS] >>> 0) >= active) {
      this.#export(at, undefined);
    }
    return false;
  }

  #idleTimeout(kind: number): number {
    const isTcp = (kind & 0xff) === TCP;
    return isTcp ? this.#options.tcpIdleTimeoutSeconds : this.#options.idleTimeoutSeconds;
  }

  #evict(): void {
    const at = this.#table.victim();
    const state = this.#table.words[at + flow.STATE];
    if ((state & flow.ACTIVE) !== 0 || (state & flow.FINAL_EXPORTED) === 0) {
      this.#export(at, closedReason(state) ?? 'evicted');
    }
    this.#table.remove(at);
    this.#evictedFlows++;
  }

  /** Exports what was active, ends what is closed or silent, forgets what has ended and stayed silent. */
  #closeWindow(window: Window): void {
    const table = this.#table;
    const words = table.words;
    const endSeconds = window.endMs / 1000;
    for (let row = 0; row < table.highWater; row++) {
      const at = row * flow.ROW_WORDS;
      const state = words[at + flow.STATE];
      if ((state & flow.USED) === 0) continue;
      const isActive = (state & flow.ACTIVE) !== 0;
      const closed = closedReason(state);
      const idleSeconds = this.#idleTimeout(words[at + packet.KIND]);
      if (closed !== undefined) {
        if (isActive) this.#export(at, closed);
        else table.remove(at);
      } else if (idleSeconds > 0 && endSeconds - (words[at + flow.LAST_SECONDS] >>> 0) >= idleSeconds) {
        this.#export(at, 'idle');
        table.remove(at);
      } else if (isActive) {
        this.#export(at, undefined);
      }
    }
  }

  #export(at: number, endReason: EndReason | undefined): void {
    const { words, floats } = this.#table;
    this.#records++;
    this.#sink.record(flowRecordAt(words, floats, at, this.#options.communityIdSeed, endReason), this.#window);
    resetWindow(words, floats, at);
    if (endReason !== undefined) words[at + flow.STATE] |= flow.FINAL_EXPORTED;
  }
}

/** How TCP ended the flow, undefined while it is open: a reset, or a FIN from both ends. */
function closedReason(state: number): EndReason | undefined {
  if ((state & flow.RESET) !== 0) return 'rst';
  const fins = flow.FIN_A | flow.FIN_B;
  return (state & fins) === fins ? 'fin' : undefined;
}

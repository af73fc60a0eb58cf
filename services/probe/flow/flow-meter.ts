import type { EndReason, FlowRecord } from '../../core/flow-record.ts';
import { TCP } from '../../core/protocol.ts';
import type { PacketSink } from '../capture/packet-sink.ts';
import type { DecodeCause } from '../decode/decode-counters.ts';
import { decodeCounts } from '../decode/decode-counters.ts';
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
  /** Seed of the table's hash; random where traffic may be hostile. The same in all shards. */
  readonly hashSeed: number;
  /**
   * How many flows to look at in a row when a window closes; the rest comes with `sweep`. Without it a window is
   * closed at once, for input that can wait.
   */
  readonly sweepRows?: number;
  /** This meter's share of the flows where several read the same packets. */
  readonly shard: Shard;
}

/** One of `count` meters: takes the flows whose hash falls to `index`, and sees all packets for what they tell. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

export const WHOLE: Shard = { index: 0, count: 1 };

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

// What is counted, by its place in one array: numbers that outgrow 2^31 in a field would change the object's shape.
const FRAMES = 0;
const FRAME_BYTES = 1;
const OTHER_FRAMES = 2;
const OTHER_FRAME_BYTES = 3;
const PACKETS = 4;
const IP_BYTES = 5;
const FLOWS = 6;
const RECORDS = 7;
const EVICTED_FLOWS = 8;
const LATE_PACKETS = 9;
const TOTALS = 10;

/** Packets decoded before they enter the table together: their memory stays in the first cache. */
const BATCH_ROWS = 64;

/** From here on a flow's row is likely not in the processor's second cache (rows are 320 bytes). */
const LOCATE_FROM_FLOWS = 4096;

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
  /** The window before, while the sweep goes over its flows. */
  readonly #closing: Window | undefined;
  /** Without windows, whether timeouts cut records. */
  readonly #cutsByTime: boolean;
  readonly #shardCount: number;
  readonly #sweepRows: number;
  #batchEnd = 0;
  #sweepRow = 0;
  #sweepEnd = 0;
  #sweepSeconds = 0;
  #finishRow = 0;
  readonly #totals = new Float64Array(TOTALS);

  constructor(options: FlowMeterOptions, sink: RecordSink) {
    this.#options = options;
    this.#shardCount = options.shard.count;
    this.#sweepRows = options.sweepRows ?? Number.POSITIVE_INFINITY;
    this.#cutsByTime =
      options.idleTimeoutSeconds + options.tcpIdleTimeoutSeconds + options.activeTimeoutSeconds > 0;
    this.#sink = sink;
    this.#decoder = new FrameDecoder({
      decapsulate: options.decapsulate,
      fragmentCapacity: options.maxFragmentedDatagrams,
      hashSeed: options.hashSeed,
    });
    this.#table = new FlowTable(options.maxFlows, this.listeningPorts);
    this.#window = options.windowMs > 0 ? new Window(options.windowMs) : undefined;
    this.#closing = options.windowMs > 0 ? new Window(options.windowMs) : undefined;
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
      this.#totals[OTHER_FRAMES]++;
      this.#totals[OTHER_FRAME_BYTES] += wireBytes;
      this.#countFrames(1, wireBytes);
      return;
    }
    const window = this.#window;
    if (window !== undefined && !window.holds(seconds, nanoseconds)) {
      this.#enterWindow(window, seconds, nanoseconds);
      if (this.#batchEnd !== base) batch.copyWithin(this.#batchEnd, base, base + packet.ROW_WORDS);
    }
    if (this.#shardCount > 1 && this.#isOfAnotherShard(batch, base) && !isSynAck(batch, base)) {
      this.#countFrames(1, wireBytes);
      return;
    }
    batch[this.#batchEnd + packet.SECONDS] = seconds;
    batch[this.#batchEnd + packet.NANOSECONDS] = nanoseconds;
    batch[this.#batchEnd + packet.WIRE_BYTES] = wireBytes;
    this.#batchEnd += packet.ROW_WORDS;
    if (this.#batchEnd === batch.length) this.#meterBatch();
  }

  /** Closes the windows that end by then (milliseconds since 1970), though no packet has come to do it. */
  advanceTo(nowMs: number): void {
    this.#meterBatch();
    const window = this.#window;
    if (window?.isOpen && nowMs >= window.endMs) {
      this.#closeWindow(window, nowMs / 1000);
      const seconds = Math.floor(nowMs / 1000);
      window.openAt(seconds, (nowMs - seconds * 1000) * 1e6);
    }
  }

  /** A window is still being closed. */
  get isSweeping(): boolean {
    return this.#sweepRow < this.#sweepEnd;
  }

  /** Goes on with closing a window, for at most `sweepRows` flows. */
  sweep(): void {
    this.#sweepOn(this.#sweepRows);
  }

  /**
   * Ends the input: every flow gives its last record. Looks at `sweepRows` flows a call and answers whether it has
   * seen all. No packet may follow.
   */
  finish(): boolean {
    this.#meterBatch();
    this.#sweepOn(Number.POSITIVE_INFINITY);
    const words = this.#table.words;
    const end = Math.min(this.#table.highWater, this.#finishRow + this.#sweepRows);
    for (; this.#finishRow < end; this.#finishRow++) {
      const at = this.#finishRow * flow.ROW_WORDS;
      const state = words[at + flow.STATE];
      if ((state & flow.USED) === 0) continue;
      if (hasNews(state)) this.#exportLast(at, closedReason(state) ?? 'shutdown');
    }
    return this.#finishRow === this.#table.highWater;
  }

  statistics(): FlowMeterStatistics {
    this.#meterBatch();
    return {
      frames: this.#totals[FRAMES],
      frameBytes: this.#totals[FRAME_BYTES],
      otherFrames: this.#totals[OTHER_FRAMES],
      otherFrameBytes: this.#totals[OTHER_FRAME_BYTES],
      packets: this.#totals[PACKETS],
      ipBytes: this.#totals[IP_BYTES],
      flows: this.#totals[FLOWS],
      liveFlows: this.#table.size,
      records: this.#totals[RECORDS],
      evictedFlows: this.#totals[EVICTED_FLOWS],
      latePackets: this.#totals[LATE_PACKETS],
      forgottenGaps: this.#table.holes.forgotten,
      causes: decodeCounts(this.#decoder.counters),
    };
  }

  #meterBatch(): void {
    const batch = this.#batch;
    const end = this.#batchEnd;
    this.#batchEnd = 0;
    const rows = this.#batchRows;
    // Rows of a small table are in the cache anyway.
    if (this.#table.size > LOCATE_FROM_FLOWS) this.#table.locate(batch, end, rows);
    else rows.fill(-1);
    let count = 0;
    let frameBytes = 0;
    let packets = 0;
    let ipBytes = 0;
    for (let base = 0; base < end; base += packet.ROW_WORDS) {
      frameBytes += batch[base + packet.WIRE_BYTES] >>> 0;
      if (!this.#meterPacket(batch, base, rows[count++])) continue;
      packets += batch[base + packet.PACKETS];
      ipBytes += batch[base + packet.IP_BYTES];
    }
    this.#countFrames(count, frameBytes);
    this.#totals[PACKETS] += packets;
    this.#totals[IP_BYTES] += ipBytes;
  }

  #countFrames(frames: number, frameBytes: number): void {
    this.#totals[FRAMES] += frames;
    this.#totals[FRAME_BYTES] += frameBytes;
  }

  /** False for a packet of another shard, of which only what all should know was noted. */
  #meterPacket(batch: Int32Array, base: number, probableRow: number): boolean {
    const table = this.#table;
    if (isSynAck(batch, base)) {
      const ports = batch[base + packet.PORTS];
      this.listeningPorts.add(TCP, batch[base + packet.DIRECTION] === 0 ? ports >>> 16 : ports & 0xffff);
      if (this.#shardCount > 1 && this.#isOfAnotherShard(batch, base)) return false;
    }
    let at = table.isFlowOf(probableRow, batch, base) ? probableRow : table.find(batch, base);
    if (at < 0) {
      if (table.isFull) this.#evict();
      this.#totals[FLOWS]++;
      at = table.insert(batch, base);
    } else if (this.#beginsAnother(at, batch, base)) {
      table.clear(at);
      this.#totals[FLOWS]++;
      table.begin(at, batch, base);
    }
    table.update(at, batch, base);
    return true;
  }

  /** Closes the window if the time is behind it, with the packets that came before. */
  #enterWindow(window: Window, seconds: number, nanoseconds: number): void {
    if (window.isBefore(seconds, nanoseconds)) {
      this.#totals[LATE_PACKETS]++;
      return;
    }
    if (window.isOpen) {
      this.#meterBatch();
      this.#closeWindow(window, seconds + nanoseconds / 1e9);
    }
    window.openAt(seconds, nanoseconds);
  }

  #isOfAnotherShard(batch: Int32Array, base: number): boolean {
    return (batch[base + packet.HASH] >>> 24) % this.#shardCount !== this.#options.shard.index;
  }

  /** Whether the packet starts a new flow on the old one's addresses; then the old one's last record is out. */
  #beginsAnother(at: number, batch: Int32Array, base: number): boolean {
    const state = this.#table.words[at + flow.STATE];
    if ((state & ACTIVE_BITS) !== this.#table.activeBits) {
      if (this.#settle(at, state, secondsOf(batch, base))) return true;
    }
    if (this.#window === undefined) return this.#cutsByTime && this.#cutByTime(at, batch, base);
    const isSyn = (batch[base + packet.TCP] & (packet.TCP_SYN | packet.TCP_ACK)) === packet.TCP_SYN;
    if (!isSyn) return false;
    const reason = closedReason(state);
    if (reason === undefined) return false;
    if (hasNews(this.#table.words[at + flow.STATE])) this.#export(at, reason);
    return true;
  }

  /**
   * For the first packet of a flow in a window: tells what the closing window still holds of the flow. True when the
   * flow had ended by its silence.
   */
  #settle(at: number, state: number, seconds: number): boolean {
    const words = this.#table.words;
    const closed = closedReason(state);
    const idleSeconds = this.#idleTimeout(words[at + packet.KIND]);
    if (idleSeconds > 0 && seconds - lastSecondsOf(words, at) >= idleSeconds) {
      if (hasNews(state)) this.#export(at, closed ?? 'idle');
      return true;
    }
    if ((state & flow.ACTIVE) !== 0) this.#export(at, closed);
    return false;
  }

  /** Where no windows do it: cuts the record of a flow that was silent too long (true) or has run too long. */
  #cutByTime(at: number, batch: Int32Array, base: number): boolean {
    const words = this.#table.words;
    const seconds = secondsOf(batch, base);
    const idleSeconds = this.#idleTimeout(words[at + packet.KIND]);
    if (idleSeconds > 0 && seconds - lastSecondsOf(words, at) >= idleSeconds) {
      this.#export(at, 'idle');
      return true;
    }
    const active = this.#options.activeTimeoutSeconds;
    const isActive = (words[at + flow.STATE] & flow.ACTIVE) !== 0;
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
    if (hasNews(state)) this.#exportLast(at, closedReason(state) ?? 'evicted');
    this.#table.remove(at);
    this.#totals[EVICTED_FLOWS]++;
  }

  /**
   * Begins to close the window. What its flows did is exported as `sweep` comes by or as their next packet comes,
   * whichever is earlier, so that closing does not hold up the capture.
   */
  #closeWindow(window: Window, nowSeconds: number): void {
    this.#sweepOn(Number.POSITIVE_INFINITY);
    this.#closing?.copy(window);
    this.#sweepSeconds = nowSeconds;
    this.#sweepRow = 0;
    this.#sweepEnd = this.#table.highWater;
    this.#table.activeBits ^= flow.ODD_WINDOW;
    this.#sweepOn(this.#sweepRows);
  }

  #sweepOn(rows: number): void {
    const end = Math.min(this.#sweepEnd, this.#sweepRow + rows);
    const words = this.#table.words;
    for (; this.#sweepRow < end; this.#sweepRow++) {
      const at = this.#sweepRow * flow.ROW_WORDS;
      const state = words[at + flow.STATE];
      const isOfThisWindow = (state & ACTIVE_BITS) === this.#table.activeBits;
      if ((state & flow.USED) !== 0 && !isOfThisWindow) this.#sweepFlow(at, state);
    }
  }

  /** Exports what was active, ends what is closed or silent, forgets what has ended and stayed silent. */
  #sweepFlow(at: number, state: number): void {
    const words = this.#table.words;
    const isActive = (state & flow.ACTIVE) !== 0;
    const closed = closedReason(state);
    const idleSeconds = this.#idleTimeout(words[at + packet.KIND]);
    const silentSeconds = this.#sweepSeconds - lastSecondsOf(words, at);
    if (closed !== undefined) {
      if (isActive) this.#export(at, closed);
      else this.#table.remove(at);
    } else if (idleSeconds > 0 && silentSeconds >= idleSeconds) {
      this.#exportLast(at, 'idle');
      this.#table.remove(at);
    } else if (isActive) {
      this.#export(at, undefined);
    }
  }

  /** Exports a flow whose row is not needed any more. */
  #exportLast(at: number, endReason: EndReason | undefined): void {
    const { words, floats, activeBits } = this.#table;
    const state = words[at + flow.STATE];
    const isOfClosing = this.isSweeping && (state & ACTIVE_BITS) !== activeBits;
    const window = isOfClosing ? this.#closing : this.#window;
    this.#totals[RECORDS]++;
    this.#sink.record(flowRecordAt(words, floats, at, this.#options.communityIdSeed, endReason), window);
  }

  #export(at: number, endReason: EndReason | undefined): void {
    const { words, floats } = this.#table;
    this.#exportLast(at, endReason);
    resetWindow(words, floats, at);
    if (endReason !== undefined) words[at + flow.STATE] |= flow.FINAL_EXPORTED;
  }
}

const ACTIVE_BITS = flow.ACTIVE | flow.ODD_WINDOW;

function isSynAck(batch: Int32Array, base: number): boolean {
  const synAck = packet.TCP_SYN | packet.TCP_ACK;
  return (batch[base + packet.TCP] & synAck) === synAck;
}

/** A packet's time, and that of a flow's last packet, in seconds with their fraction. */
function secondsOf(batch: Int32Array, base: number): number {
  return (batch[base + packet.SECONDS] >>> 0) + batch[base + packet.NANOSECONDS] / 1e9;
}

function lastSecondsOf(words: Int32Array, at: number): number {
  return (words[at + flow.LAST_SECONDS] >>> 0) + words[at + flow.LAST_NANOSECONDS] / 1e9;
}

/** Whether the flow has something that no record has told yet: packets, or its end. */
function hasNews(state: number): boolean {
  return (state & flow.ACTIVE) !== 0 || (state & flow.FINAL_EXPORTED) === 0;
}

/** How TCP ended the flow, undefined while it is open: a reset, or a FIN from both ends. */
function closedReason(state: number): EndReason | undefined {
  if ((state & flow.RESET) !== 0) return 'rst';
  const fins = flow.FIN_A | flow.FIN_B;
  return (state & fins) === fins ? 'fin' : undefined;
}

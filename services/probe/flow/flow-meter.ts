import { TCP } from '../../core/protocol.ts';
import type { PacketSink } from '../capture/packet-sink.ts';
import type { Shard } from '../decode/common-frame.ts';
import { SKIPPED, UNDECODED } from '../decode/common-frame.ts';
import type { DecodeCause } from '../decode/decode-counters.ts';
import { decodeCounts } from '../decode/decode-counters.ts';
import { FrameDecoder } from '../decode/frame-decoder.ts';
import { shardOf } from '../decode/packet-key.ts';
import * as packet from '../decode/packet-row.ts';
import type { Tunnel } from '../decode/tunnel.ts';
import type { FlowAccountsOptions, RecordSink } from './flow-accounts.ts';
import { FlowAccounts } from './flow-accounts.ts';
import { ListeningPorts } from './listening-ports.ts';
import type { Window } from './window.ts';

export interface FlowMeterOptions extends FlowAccountsOptions {
  readonly maxFragmentedDatagrams: number;
  readonly decapsulate: readonly Tunnel[];
  /** Seed of the table's hash; random where traffic may be hostile. The same in all shards. */
  readonly hashSeed: number;
  /** This meter's share of the flows where several read the same packets. */
  readonly shard: Shard;
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

// What is counted, by its place in one array: numbers that outgrow 2^31 in a field would change the object's shape.
const FRAMES = 0;
const FRAME_BYTES = 1;
const OTHER_FRAMES = 2;
const OTHER_FRAME_BYTES = 3;
const PACKETS = 4;
const IP_BYTES = 5;
const LATE_PACKETS = 6;
const TOTALS = 7;

/** Packets decoded before they enter the table together: their memory stays in the first cache. */
const BATCH_ROWS = 64;

/** Packets from long before the window until it is taken for wrong: soon enough, and closing windows stays cheap. */
const MAX_FAR_LATE_PACKETS = 1000;

/**
 * Packets in, flow records out: decodes frames in batches, keeps the flow table, closes windows by the packets' own
 * time (and by `advanceTo` when a live interface is silent).
 */
export class FlowMeter implements PacketSink {
  readonly listeningPorts = new ListeningPorts();
  readonly #shard: Shard;
  readonly #decoder: FrameDecoder;
  readonly #accounts: FlowAccounts;
  readonly #batch = new Int32Array(BATCH_ROWS * packet.ROW_WORDS);
  readonly #batchRows = new Int32Array(BATCH_ROWS);
  readonly #totals = new Float64Array(TOTALS);
  #batchEnd = 0;
  #farLatePackets = 0;

  constructor(options: FlowMeterOptions, sink: RecordSink) {
    this.#shard = options.shard;
    this.#decoder = new FrameDecoder({
      decapsulate: options.decapsulate,
      fragmentCapacity: options.maxFragmentedDatagrams,
      hashSeed: options.hashSeed,
      shard: options.shard,
    });
    this.#accounts = new FlowAccounts(options, this.listeningPorts, sink);
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
    const result = this.#decoder.decode(
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
    if (result === UNDECODED) {
      this.#totals[OTHER_FRAMES]++;
      this.#totals[OTHER_FRAME_BYTES] += wireBytes;
      this.#countFrames(1, wireBytes);
      return;
    }
    const { window } = this.#accounts;
    if (window !== undefined && !window.holds(seconds, nanoseconds)) {
      this.#enterWindow(window, seconds, nanoseconds);
      if (this.#batchEnd !== base) batch.copyWithin(this.#batchEnd, base, base + packet.ROW_WORDS);
    }
    if (result === SKIPPED || (this.#isOfAnotherShard(batch, base) && !isSynAck(batch, base))) {
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
    const { window } = this.#accounts;
    if (window?.isOpen && (nowMs >= window.endMs || window.isFarBefore(nowMs))) {
      this.#accounts.closeWindow(window, nowMs / 1000);
      const seconds = Math.floor(nowMs / 1000);
      window.openAt(seconds, (nowMs - seconds * 1000) * 1e6);
    }
  }

  /** A window is still being closed. */
  get isSweeping(): boolean {
    return this.#accounts.isSweeping;
  }

  /** Goes on with closing a window, for at most `sweepRows` flows. */
  sweep(): void {
    this.#accounts.sweep();
  }

  /**
   * Ends the input: every flow gives its last record. Looks at `sweepRows` flows a call and answers whether it has
   * seen all. No packet may follow.
   */
  finish(): boolean {
    this.#meterBatch();
    return this.#accounts.finish();
  }

  statistics(): FlowMeterStatistics {
    this.#meterBatch();
    const totals = this.#totals;
    const { flows, liveFlows, records, evictedFlows, forgottenGaps } = this.#accounts;
    return {
      frames: totals[FRAMES],
      frameBytes: totals[FRAME_BYTES],
      otherFrames: totals[OTHER_FRAMES],
      otherFrameBytes: totals[OTHER_FRAME_BYTES],
      packets: totals[PACKETS],
      ipBytes: totals[IP_BYTES],
      flows,
      liveFlows,
      records,
      evictedFlows,
      latePackets: totals[LATE_PACKETS],
      forgottenGaps,
      causes: decodeCounts(this.#decoder.counters),
    };
  }

  #meterBatch(): void {
    const batch = this.#batch;
    const end = this.#batchEnd;
    const rows = this.#batchRows;
    this.#batchEnd = 0;
    this.#accounts.locate(batch, end, rows);
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
    if (isSynAck(batch, base)) {
      const ports = batch[base + packet.PORTS];
      this.listeningPorts.add(TCP, batch[base + packet.DIRECTION] === 0 ? ports >>> 16 : ports & 0xffff);
      if (this.#isOfAnotherShard(batch, base)) return false;
    }
    this.#accounts.take(batch, base, probableRow);
    return true;
  }

  /** Closes the window if the time is behind it, with the packets that came before. */
  #enterWindow(window: Window, seconds: number, nanoseconds: number): void {
    if (window.isBefore(seconds, nanoseconds) && !this.#clockWasSetBack(window, seconds)) {
      this.#totals[LATE_PACKETS]++;
      return;
    }
    this.#farLatePackets = 0;
    if (window.isOpen) {
      this.#meterBatch();
      this.#accounts.closeWindow(window, seconds + nanoseconds / 1e9);
    }
    window.openAt(seconds, nanoseconds);
  }

  /** A packet may be far off; when many are, it is the window that is. */
  #clockWasSetBack(window: Window, seconds: number): boolean {
    if (window.isFarBefore(seconds * 1000)) this.#farLatePackets++;
    return this.#farLatePackets > MAX_FAR_LATE_PACKETS;
  }

  #isOfAnotherShard(batch: Int32Array, base: number): boolean {
    const { index, count } = this.#shard;
    if (count === 1) return false;
    const { A0, B0, PORTS } = packet;
    return shardOf(batch[base + A0], batch[base + B0], batch[base + PORTS], count) !== index;
  }
}

function isSynAck(batch: Int32Array, base: number): boolean {
  const synAck = packet.TCP_SYN | packet.TCP_ACK;
  return (batch[base + packet.TCP] & synAck) === synAck;
}

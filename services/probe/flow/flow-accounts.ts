import type { EndReason, FlowRecord } from '../../core/flow-record.ts';
import { TCP } from '../../core/protocol.ts';
import * as packet from '../decode/packet-row.ts';
import { flowRecordAt, resetWindow } from './flow-export.ts';
import * as flow from './flow-row.ts';
import { closedReason, hasNews, lastSecondsOf, secondsOf } from './flow-state.ts';
import { FIRST_ROW, FlowTable } from './flow-table.ts';
import type { ListeningPorts } from './listening-ports.ts';
import { Window } from './window.ts';

/** Where records go. Must take what it is given at once; a queue behind it bounds and counts. */
export interface RecordSink {
  /** @param window the window the record reports, undefined where records span the whole input */
  record(record: FlowRecord, window: Window | undefined): void;
}

export interface FlowAccountsOptions {
  /** Length of the windows, aligned to the wall clock; 0 makes one record of each flow over the whole input. */
  readonly windowMs: number;
  /** Silence that ends a flow, in seconds; 0 never. */
  readonly idleTimeoutSeconds: number;
  readonly tcpIdleTimeoutSeconds: number;
  /** With windows of 0: a record is cut when its flow has run so long, in seconds; 0 never. */
  readonly activeTimeoutSeconds: number;
  readonly maxFlows: number;
  readonly communityIdSeed: number;
  /**
   * How many flows to look at in a row when a window closes; the rest comes with `sweep`. Without it a window is
   * closed at once, for input that can wait.
   */
  readonly sweepRows?: number;
}

const ACTIVE_BITS = flow.ACTIVE | flow.ODD_WINDOW;

/**
 * The life of flows: decoded packets find or begin their flow in the table; a flow's record is exported when its window
 * closes, and for the last time when the flow has ended or its row is needed for another.
 */
export class FlowAccounts {
  /** Undefined with windows of 0. */
  readonly window: Window | undefined;
  flows = 0;
  records = 0;
  evictedFlows = 0;
  readonly #options: FlowAccountsOptions;
  readonly #sink: RecordSink;
  readonly #table: FlowTable;
  /** The window before, while the sweep goes over its flows. */
  readonly #closing: Window | undefined;
  /** Without windows, whether timeouts cut records. */
  readonly #cutsByTime: boolean;
  readonly #sweepRows: number;
  #sweepRow = FIRST_ROW;
  #sweepEnd = FIRST_ROW;
  #sweepSeconds = 0;
  #finishRow = FIRST_ROW;

  constructor(options: FlowAccountsOptions, listening: ListeningPorts, sink: RecordSink) {
    this.#options = options;
    this.#sink = sink;
    this.#table = new FlowTable(options.maxFlows, listening);
    this.#sweepRows = options.sweepRows ?? Number.POSITIVE_INFINITY;
    this.#cutsByTime =
      options.idleTimeoutSeconds + options.tcpIdleTimeoutSeconds + options.activeTimeoutSeconds > 0;
    this.window = options.windowMs > 0 ? new Window(options.windowMs) : undefined;
    this.#closing = options.windowMs > 0 ? new Window(options.windowMs) : undefined;
  }

  get liveFlows(): number {
    return this.#table.size;
  }

  /** Gaps in TCP streams that found no place to be remembered. */
  get forgottenGaps(): number {
    return this.#table.holes.forgotten;
  }

  /** Writes where the flows of a batch of packets probably are, for `take`. */
  locate(batch: Int32Array, batchEnd: number, rows: Int32Array): void {
    this.#table.locate(batch, batchEnd, rows);
  }

  /** Takes a packet into its flow. */
  take(batch: Int32Array, base: number, probableRow: number): void {
    const table = this.#table;
    let at = table.isFlowOf(probableRow, batch, base) ? probableRow : table.find(batch, base);
    if (at === 0) {
      if (table.size === table.capacity) this.#evict();
      this.flows++;
      at = table.insert(batch, base);
    } else if (this.#beginsAnother(at, batch, base)) {
      table.clear(at);
      this.flows++;
      table.begin(at, batch, base);
    }
    table.update(at, batch, base);
  }

  /**
   * Begins to close the window. What its flows did is exported as `sweep` comes by or as their next packet comes,
   * whichever is earlier, so that closing does not hold up the capture.
   */
  closeWindow(window: Window, nowSeconds: number): void {
    this.#sweepOn(Number.POSITIVE_INFINITY);
    this.#closing?.copy(window);
    this.#sweepSeconds = nowSeconds;
    this.#sweepRow = FIRST_ROW;
    this.#sweepEnd = this.#table.highWater;
    this.#table.activeBits ^= flow.ODD_WINDOW;
    this.#sweepOn(this.#sweepRows);
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

  /** Whether the packet starts a new flow on the old one's addresses; then the old one's last record is out. */
  #beginsAnother(at: number, batch: Int32Array, base: number): boolean {
    const state = this.#table.words[at + flow.STATE];
    if ((state & ACTIVE_BITS) !== this.#table.activeBits) {
      if (this.#settle(at, state, secondsOf(batch, base))) return true;
    }
    if (this.window === undefined) return this.#cutsByTime && this.#cutByTime(at, batch, base);
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
    this.evictedFlows++;
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
    const isIdle = idleSeconds > 0 && this.#sweepSeconds - lastSecondsOf(words, at) >= idleSeconds;
    if (closed !== undefined) {
      if (isActive) this.#export(at, closed);
      else this.#table.remove(at);
    } else if (isIdle) {
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
    const window = isOfClosing ? this.#closing : this.window;
    this.records++;
    this.#sink.record(flowRecordAt(words, floats, at, this.#options.communityIdSeed, endReason), window);
  }

  #export(at: number, endReason: EndReason | undefined): void {
    const { words, floats } = this.#table;
    this.#exportLast(at, endReason);
    resetWindow(words, floats, at);
    if (endReason !== undefined) words[at + flow.STATE] |= flow.FINAL_EXPORTED;
  }
}

import * as packet from '../decode/packet-row.ts';
import * as flow from './flow-row.ts';
import { extendTime } from './flow-time.ts';
import { HolePool } from './hole-pool.ts';
import { decideInitiator } from './initiator.ts';
import type { ListeningPorts } from './listening-ports.ts';
import { trackTcp } from './tcp-tracker.ts';

/** The C library puts a large block 16 bytes behind the beginning of a page; this is from there to a cache line's. */
const ALIGNMENT_BYTES = 48;

/**
 * The bidirectional flows, in typed arrays: an open-addressing index of (hash, row) pairs, and a row a flow
 * (flow-row.ts). The memory is reserved at once and touched only as flows come. Adding a packet allocates nothing.
 */
export class FlowTable {
  readonly words: Int32Array;
  readonly floats: Float64Array;
  readonly holes: HolePool;
  /** How many flows at most; a full table makes room by `victim`. */
  readonly capacity: number;
  /** Rows ever used: scans need not look beyond. */
  highWater = 0;
  /** ACTIVE, and ODD_WINDOW in every other window: what the state of a flow says that has packets in this one. */
  activeBits = flow.ACTIVE;
  /** Flows in the table. */
  size = 0;
  readonly #index: Int32Array;
  readonly #indexMask: number;
  readonly #listening: ListeningPorts;
  #freeRow = -1;
  #evictionHand = 0;
  /** Keeps the loads of `locate` from being optimized away. */
  touched = 0;

  /** @param capacity how many flows at most; a full table makes room by `victim` */
  constructor(capacity: number, listening: ListeningPorts) {
    const rowBytes = capacity * flow.ROW_WORDS * 4;
    const memory = new ArrayBuffer(ALIGNMENT_BYTES + rowBytes);
    this.capacity = capacity;
    this.words = new Int32Array(memory, ALIGNMENT_BYTES, rowBytes / 4);
    this.floats = new Float64Array(memory, ALIGNMENT_BYTES, rowBytes / 8);
    const slots = 2 ** Math.ceil(Math.log2(Math.max(2, capacity * 2)));
    this.#index = new Int32Array(slots * 2);
    this.#indexMask = slots - 1;
    this.holes = new HolePool(Math.max(1024, capacity >> 2));
    this.#listening = listening;
  }

  /**
   * Writes for each packet of a batch where its flow probably is, -1 for unknown, and touches that memory. The loads of
   * a whole batch overlap, where those of one packet after another would each wait for memory.
   */
  locate(packets: Int32Array, packetsEnd: number, rows: Int32Array): void {
    const index = this.#index;
    const mask = this.#indexMask;
    const words = this.words;
    let count = 0;
    for (let base = 0; base < packetsEnd; base += packet.ROW_WORDS) {
      const hash = packets[base + packet.HASH];
      const slot = (hash & mask) * 2;
      rows[count++] = index[slot] === hash ? (index[slot + 1] - 1) * flow.ROW_WORDS : -1;
    }
    let touched = 0;
    for (let packetIndex = 0; packetIndex < count; packetIndex++) {
      const at = rows[packetIndex];
      if (at < 0) continue;
      const direction = packets[packetIndex * packet.ROW_WORDS + packet.DIRECTION];
      touched += words[at + packet.KIND] + words[at + direction * flow.SIDE_WORDS + flow.PACKETS];
    }
    this.touched = touched;
  }

  /** Whether the row belongs to the packet's flow; a row that `locate` named may have changed hands since. */
  isFlowOf(at: number, packets: Int32Array, base: number): boolean {
    return at >= 0 && this.#hasKey(at, packets, base);
  }

  /** The row (first word) of the packet's flow, or -1. */
  find(packets: Int32Array, base: number): number {
    const index = this.#index;
    const hash = packets[base + packet.HASH];
    for (let slot = hash & this.#indexMask; ; slot = (slot + 1) & this.#indexMask) {
      const row = index[slot * 2 + 1];
      if (row === 0) return -1;
      if (index[slot * 2] !== hash) continue;
      const at = (row - 1) * flow.ROW_WORDS;
      if (this.#hasKey(at, packets, base)) return at;
    }
  }

  /** Makes a row for the packet's flow, which must not be there; the table must not be full. */
  insert(packets: Int32Array, base: number): number {
    const at = this.#allocate();
    const words = this.words;
    const hash = packets[base + packet.HASH];
    for (let word = 0; word < packet.A1; word++) words[at + word] = packets[base + word];
    if ((packets[base + packet.KIND] & 0xf00) === 0x600) {
      const rest = at + flow.ADDRESS_REST;
      for (let word = 0; word < 3; word++) {
        words[rest + word] = packets[base + packet.A1 + word];
        words[rest + flow.SIDE_WORDS + word] = packets[base + packet.B1 + word];
      }
    }
    words[at + flow.HASH] = hash;
    this.begin(at, packets, base);
    const index = this.#index;
    let slot = hash & this.#indexMask;
    while (index[slot * 2 + 1] !== 0) slot = (slot + 1) & this.#indexMask;
    index[slot * 2] = hash;
    index[slot * 2 + 1] = at / flow.ROW_WORDS + 1;
    this.size++;
    return at;
  }

  /** Sets a row, whose words behind the key are zero, to a flow that begins with this packet. */
  begin(at: number, packets: Int32Array, base: number): void {
    const words = this.words;
    words[at + flow.STATE] = flow.USED | decideInitiator(packets, base, this.#listening);
    words[at + flow.FLOW_SECONDS] = packets[base + packet.SECONDS];
    words[at + flow.FLOW_NANOSECONDS] = packets[base + packet.NANOSECONDS];
    const origin = packets[base + packet.ORIGIN];
    if (origin === 0) return;
    // 2 is "sent": the host is the sender's end.
    const hostIsA = (origin === 2) === (packets[base + packet.DIRECTION] === 0);
    words[at + flow.STATE] |= hostIsA ? flow.HOST_A : flow.HOST_B;
  }

  /** Takes the packet into the flow at `at`. */
  update(at: number, packets: Int32Array, base: number): void {
    const words = this.words;
    const floats = this.floats;
    const seconds = packets[base + packet.SECONDS];
    const nanoseconds = packets[base + packet.NANOSECONDS];
    if ((words[at + flow.STATE] & flow.ACTIVE) === 0) {
      words[at + flow.STATE] |= this.activeBits;
      words[at + flow.FIRST_SECONDS] = seconds;
      words[at + flow.FIRST_NANOSECONDS] = nanoseconds;
      words[at + flow.LAST_SECONDS] = seconds;
      words[at + flow.LAST_NANOSECONDS] = nanoseconds;
    } else {
      extendTime(words, at, seconds, nanoseconds);
    }
    const direction = packets[base + packet.DIRECTION];
    const side = at + direction * flow.SIDE_WORDS;
    floats[(side + flow.PACKETS) >> 1] += packets[base + packet.PACKETS];
    floats[(side + flow.BYTES) >> 1] += packets[base + packet.IP_BYTES];
    if (packets[base + packet.TCP] !== 0) trackTcp(words, floats, at, packets, base, this.holes);
  }

  /** Zeroes the row behind its key, so that it can `begin` again. */
  clear(at: number): void {
    this.#releaseHoles(at);
    const words = this.words;
    const restOfB = flow.ADDRESS_REST + flow.SIDE_WORDS;
    words[at + flow.STATE] = 0;
    words.fill(0, at + flow.FIRST_SECONDS, at + flow.ADDRESS_REST);
    words.fill(0, at + flow.FLOW_SECONDS, at + restOfB);
    words[at + flow.FLOW_NANOSECONDS] = 0;
  }

  /** Takes the flow out of the table. */
  remove(at: number): void {
    this.#releaseHoles(at);
    this.#removeFromIndex(at);
    this.words.fill(0, at, at + flow.ROW_WORDS);
    this.words[at] = this.#freeRow;
    this.#freeRow = at;
    this.size--;
  }

  /** A flow to evict: the one longest silent of a few that a moving hand points at. The table must not be empty. */
  victim(): number {
    const words = this.words;
    const rows = this.highWater;
    let oldest = -1;
    for (let looked = 0, seen = 0; seen < 8 && looked < rows; looked++) {
      this.#evictionHand = (this.#evictionHand + 1) % rows;
      const at = this.#evictionHand * flow.ROW_WORDS;
      if ((words[at + flow.STATE] & flow.USED) === 0) continue;
      seen++;
      if (oldest < 0 || words[at + flow.LAST_SECONDS] >>> 0 < words[oldest + flow.LAST_SECONDS] >>> 0) {
        oldest = at;
      }
    }
    return oldest;
  }

  #hasKey(at: number, packets: Int32Array, base: number): boolean {
    const words = this.words;
    if (
      words[at + packet.KIND] !== packets[base + packet.KIND] ||
      words[at + packet.PORTS] !== packets[base + packet.PORTS] ||
      words[at + packet.A0] !== packets[base + packet.A0] ||
      words[at + packet.B0] !== packets[base + packet.B0]
    ) {
      return false;
    }
    if ((packets[base + packet.KIND] & 0xf00) !== 0x600) return true;
    const rest = at + flow.ADDRESS_REST;
    for (let word = 0; word < 3; word++) {
      if (words[rest + word] !== packets[base + packet.A1 + word]) return false;
      if (words[rest + flow.SIDE_WORDS + word] !== packets[base + packet.B1 + word]) return false;
    }
    return true;
  }

  #allocate(): number {
    const free = this.#freeRow;
    if (free >= 0) {
      this.#freeRow = this.words[free];
      this.words[free] = 0;
      return free;
    }
    return this.highWater++ * flow.ROW_WORDS;
  }

  #releaseHoles(at: number): void {
    for (let end = 0; end < 2; end++) {
      const block = this.words[at + end * flow.SIDE_WORDS + flow.HOLES];
      if (block !== 0) this.holes.release(block);
    }
  }

  /** Linear probing without tombstones: later entries of the run move back over the gap. */
  #removeFromIndex(at: number): void {
    const index = this.#index;
    const mask = this.#indexMask;
    const row = at / flow.ROW_WORDS + 1;
    let gap = this.words[at + flow.HASH] & mask;
    while (index[gap * 2 + 1] !== row) gap = (gap + 1) & mask;
    for (let slot = (gap + 1) & mask; index[slot * 2 + 1] !== 0; slot = (slot + 1) & mask) {
      const home = index[slot * 2] & mask;
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      index[gap * 2] = index[slot * 2];
      index[gap * 2 + 1] = index[slot * 2 + 1];
      gap = slot;
    }
    index[gap * 2 + 1] = 0;
  }
}

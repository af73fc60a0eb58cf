import * as packet from '../decode/packet-row.ts';
import { FlowIndex } from './flow-index.ts';
import * as flow from './flow-row.ts';
import { HASH, ROW, SLOT_WORDS } from './flow-slot.ts';
import { extendTime } from './flow-time.ts';
import { HolePool } from './hole-pool.ts';
import { decideInitiator } from './initiator.ts';
import type { ListeningPorts } from './listening-ports.ts';
import { trackTcp } from './tcp-tracker.ts';

/** The C library puts a large block 16 bytes behind the beginning of a page; this is from there to a cache line's. */
const ALIGNMENT_BYTES = 48;

/** The row before it stays empty, so that 0 is no flow. */
export const FIRST_ROW = 1;

/**
 * The bidirectional flows, in typed arrays: a row a flow (flow-row.ts), and an index of them. The memory of the rows is
 * reserved at once and touched only as flows come. Adding a packet allocates nothing.
 */
export class FlowTable {
  readonly words: Int32Array;
  readonly floats: Float64Array;
  readonly holes: HolePool;
  /** How many flows at most; a full table makes room by `victim`. */
  readonly capacity: number;
  /** Behind the last row ever used: scans need not look beyond. */
  highWater = FIRST_ROW;
  /** ACTIVE, and ODD_WINDOW in every other window: what the state of a flow says that has packets in this one. */
  activeBits = flow.ACTIVE;
  /** Flows in the table. */
  size = 0;
  readonly #index = new FlowIndex();
  readonly #listening: ListeningPorts;
  #freeRow = 0;
  #evictionHand = 0;
  /** Keeps the loads of `locate` from being optimized away. */
  touched = 0;

  /** @param capacity how many flows at most; a full table makes room by `victim` */
  constructor(capacity: number, listening: ListeningPorts) {
    const rowBytes = (FIRST_ROW + capacity) * flow.ROW_WORDS * 4;
    const memory = new ArrayBuffer(ALIGNMENT_BYTES + rowBytes);
    this.capacity = capacity;
    this.words = new Int32Array(memory, ALIGNMENT_BYTES, rowBytes / 4);
    this.floats = new Float64Array(memory, ALIGNMENT_BYTES, rowBytes / 8);
    this.holes = new HolePool(Math.max(1024, capacity >> 2));
    this.#listening = listening;
  }

  /**
   * Writes for each packet of a batch where its flow probably is, 0 for unknown, and touches that memory. The loads of
   * a whole batch overlap, where those of one packet after another would each wait for memory. The other side's words
   * are needed by a packet that ends a round-trip sample.
   */
  locate(packets: Int32Array, packetsEnd: number, rows: Int32Array): void {
    this.#index.locate(packets, packetsEnd, rows);
    this.#touch(packets, rows, (packetsEnd / packet.ROW_WORDS) | 0);
  }

  /** Whether the row belongs to the packet's flow; a row that `locate` named may have changed hands since. */
  isFlowOf(at: number, packets: Int32Array, base: number): boolean {
    return at > 0 && this.#hasKey(at, packets, base);
  }

  /** The row (first word) of the packet's flow, 0 for none. */
  find(packets: Int32Array, base: number): number {
    const { slots, mask } = this.#index;
    const hash = packets[base + packet.HASH];
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const at = slots[slot * SLOT_WORDS + ROW];
      if (at === 0) return 0;
      if (slots[slot * SLOT_WORDS + HASH] === hash && this.#hasKey(at, packets, base)) return at;
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
    this.#index.insert(hash, at);
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
    this.#index.remove(this.words[at + flow.HASH], at);
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

  #touch(packets: Int32Array, rows: Int32Array, count: number): void {
    const words = this.words;
    let touched = 0;
    for (let nth = 0; nth < count; nth++) {
      const at = rows[nth];
      touched ^= words[at] ^ words[at + flow.PACKETS] ^ words[at + flow.PACKETS + flow.SIDE_WORDS];
      if ((packets[nth * packet.ROW_WORDS + packet.KIND] & 0xf00) === 0x600) {
        touched ^= words[at + flow.ADDRESS_REST] ^ words[at + flow.ADDRESS_REST + flow.SIDE_WORDS];
      }
    }
    this.touched = touched;
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
    if (free > 0) {
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
}

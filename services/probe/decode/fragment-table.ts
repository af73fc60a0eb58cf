import type { DecodeCounters } from './decode-counters.ts';
import { FRAGMENT_TABLE_EVICTED } from './decode-counters.ts';

/** Words of an entry: the lookup key, then what the first fragment told. */
const FAMILY_AND_PROTOCOL = 0;
const IDENTIFICATION = 1;
const ADDRESSES = 2;
const SEEN_SECONDS = 10;
const KIND = 11;
const PORTS = 12;
const ENTRY_WORDS = 13;

/** Entries that share a bucket; the oldest makes room. */
const WAYS = 4;

/** RFC 8200 section 4.5: reassembly is given up after 60 seconds. */
const REASSEMBLY_SECONDS = 60;

/**
 * Remembers which flow a fragmented datagram belongs to: only its first fragment carries the ports. Bounded;
 * an entry that is pushed out while its fragments may still come is counted.
 */
export class FragmentTable {
  /** The flow kind and the ports (sender's in the high half) that `recall` found. */
  kind = 0;
  ports = 0;
  readonly #entries: Int32Array;
  readonly #bucketMask: number;
  readonly #counters: DecodeCounters;
  readonly #hashSeed: number;
  readonly #probe = new Int32Array(ADDRESSES + 8);

  /** @param capacity how many datagrams to remember, rounded up to a power of two */
  constructor(capacity: number, hashSeed: number, counters: DecodeCounters) {
    this.#hashSeed = hashSeed;
    const buckets = 2 ** Math.max(0, Math.ceil(Math.log2(capacity / WAYS)));
    this.#bucketMask = buckets - 1;
    this.#entries = new Int32Array(buckets * WAYS * ENTRY_WORDS);
    this.#counters = counters;
  }

  /**
   * Names the datagram that `remember` or `recall` is about.
   * @param addressOffset where the source address stands; the destination follows it
   * @param addressWords 1 for IPv4, 4 for IPv6
   */
  select(
    view: DataView,
    addressOffset: number,
    addressWords: number,
    protocol: number,
    identification: number,
  ): void {
    const probe = this.#probe;
    probe.fill(0);
    probe[FAMILY_AND_PROTOCOL] = (addressWords << 8) | protocol;
    probe[IDENTIFICATION] = identification;
    for (let word = 0; word < addressWords * 2; word++) {
      probe[ADDRESSES + word] = view.getInt32(addressOffset + word * 4);
    }
  }

  /** Notes the selected datagram's flow. */
  remember(kind: number, ports: number, seconds: number): void {
    const at = this.#slotFor(seconds);
    this.#entries.set(this.#probe, at);
    this.#entries[at + SEEN_SECONDS] = seconds;
    this.#entries[at + KIND] = kind;
    this.#entries[at + PORTS] = ports;
  }

  /** Looks the selected datagram up; true fills `kind` and `ports`. */
  recall(seconds: number): boolean {
    const at = this.#find();
    if (at < 0 || seconds - (this.#entries[at + SEEN_SECONDS] >>> 0) > REASSEMBLY_SECONDS) return false;
    this.kind = this.#entries[at + KIND];
    this.ports = this.#entries[at + PORTS];
    return true;
  }

  #find(): number {
    const bucket = this.#bucket();
    for (let way = 0; way < WAYS; way++) {
      const at = bucket + way * ENTRY_WORDS;
      if (this.#isSelected(at)) return at;
    }
    return -1;
  }

  #slotFor(seconds: number): number {
    const same = this.#find();
    if (same >= 0) return same;
    const bucket = this.#bucket();
    let oldest = bucket;
    for (let way = 0; way < WAYS; way++) {
      const at = bucket + way * ENTRY_WORDS;
      if (this.#entries[at + FAMILY_AND_PROTOCOL] === 0) return at;
      if (this.#entries[at + SEEN_SECONDS] >>> 0 < this.#entries[oldest + SEEN_SECONDS] >>> 0) oldest = at;
    }
    const age = seconds - (this.#entries[oldest + SEEN_SECONDS] >>> 0);
    if (age <= REASSEMBLY_SECONDS) this.#counters[FRAGMENT_TABLE_EVICTED]++;
    return oldest;
  }

  #bucket(): number {
    let hash = this.#hashSeed;
    for (const word of this.#probe) hash = Math.imul(hash ^ (hash >>> 15) ^ word, 0x9e3779b1);
    return ((hash ^ (hash >>> 16)) & this.#bucketMask) * WAYS * ENTRY_WORDS;
  }

  #isSelected(at: number): boolean {
    for (let word = 0; word < ADDRESSES + 8; word++) {
      if (this.#entries[at + word] !== this.#probe[word]) return false;
    }
    return true;
  }
}

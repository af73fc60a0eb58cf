import * as packet from '../decode/packet-row.ts';
import { HASH, ROW, SLOT_WORDS } from './flow-slot.ts';

/** At first; doubled when more than half of them are taken. */
const FIRST_SLOTS = 16;

/**
 * Where the row of a flow is, by the hash of its key: open addressing with linear probing, in as little memory as the
 * flows there are need, because the processor's caches hold that much more of it.
 */
export class FlowIndex {
  slots = new Int32Array(FIRST_SLOTS * SLOT_WORDS);
  mask = FIRST_SLOTS - 1;
  #taken = 0;

  /** Writes for each packet of a batch the row of its flow, found by hash only, 0 for unknown. */
  locate(packets: Int32Array, packetsEnd: number, rows: Int32Array): void {
    const slots = this.slots;
    const mask = this.mask;
    // The loads of the first loop overlap where nothing depends on them; nearly all flows are in their first slot.
    let count = 0;
    for (let base = 0; base < packetsEnd; base += packet.ROW_WORDS) {
      const slot = (packets[base + packet.HASH] & mask) * SLOT_WORDS;
      rows[count] = slots[slot + ROW];
      count = (count + 1) | 0;
    }
    for (let nth = 0; nth < count; nth++) {
      const hash = packets[nth * packet.ROW_WORDS + packet.HASH];
      if (slots[(hash & mask) * SLOT_WORDS + HASH] !== hash) rows[nth] = this.#search(hash);
    }
  }

  insert(hash: number, row: number): void {
    this.#taken++;
    if (this.#taken > (this.mask + 1) >> 1) this.#grow();
    this.#put(hash, row);
  }

  /** Linear probing without tombstones: later entries of the run move back over the gap. */
  remove(hash: number, row: number): void {
    const slots = this.slots;
    const mask = this.mask;
    let gap = hash & mask;
    while (slots[gap * SLOT_WORDS + ROW] !== row) gap = (gap + 1) & mask;
    for (let slot = (gap + 1) & mask; slots[slot * SLOT_WORDS + ROW] !== 0; slot = (slot + 1) & mask) {
      const home = slots[slot * SLOT_WORDS + HASH] & mask;
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      slots[gap * SLOT_WORDS + HASH] = slots[slot * SLOT_WORDS + HASH];
      slots[gap * SLOT_WORDS + ROW] = slots[slot * SLOT_WORDS + ROW];
      gap = slot;
    }
    slots[gap * SLOT_WORDS + ROW] = 0;
    this.#taken--;
  }

  /** The row of the first flow with this hash, 0 for none. */
  #search(hash: number): number {
    const slots = this.slots;
    for (let slot = hash & this.mask; ; slot = (slot + 1) & this.mask) {
      const row = slots[slot * SLOT_WORDS + ROW];
      if (row === 0 || slots[slot * SLOT_WORDS + HASH] === hash) return row;
    }
  }

  #put(hash: number, row: number): void {
    const slots = this.slots;
    let slot = hash & this.mask;
    while (slots[slot * SLOT_WORDS + ROW] !== 0) slot = (slot + 1) & this.mask;
    slots[slot * SLOT_WORDS + HASH] = hash;
    slots[slot * SLOT_WORDS + ROW] = row;
  }

  #grow(): void {
    const old = this.slots;
    this.slots = new Int32Array(old.length * 2);
    this.mask = this.mask * 2 + 1;
    for (let slot = 0; slot < old.length; slot += SLOT_WORDS) {
      if (old[slot + ROW] !== 0) this.#put(old[slot + HASH], old[slot + ROW]);
    }
  }
}

import fc from 'fast-check';
import koffi from 'koffi';
import { describe, expect, it } from 'vitest';
import * as packet from '../../../services/probe/decode/packet-row.ts';
import * as flow from '../../../services/probe/flow/flow-row.ts';
import { FlowTable } from '../../../services/probe/flow/flow-table.ts';
import { ListeningPorts } from '../../../services/probe/flow/listening-ports.ts';

const CAPACITY = 8;
/** Slots of an index with that many rows: hashes that differ by it begin at the same slot. */
const SLOTS = 16;

/** A packet row with a key and a hash of its own choice. */
function rowOf(key: number, hash: number, seconds = 0, ipVersion: 4 | 6 = 4): Int32Array {
  const row = new Int32Array(packet.ROW_WORDS);
  row[packet.KIND] = 17 | (ipVersion << 8) | packet.KIND_PORTS;
  row[packet.PORTS] = 53;
  // IPv6 addresses differ in their last word only.
  row[ipVersion === 4 ? packet.A0 : packet.B1 + 2] = key;
  row[packet.HASH] = hash;
  row[packet.SECONDS] = seconds;
  row[packet.PACKETS] = 1;
  row[packet.IP_BYTES] = 100 + key;
  return row;
}

const newTable = (): FlowTable => new FlowTable(CAPACITY, new ListeningPorts());

function add(table: FlowTable, row: Int32Array): number {
  const at = table.insert(row, 0);
  table.update(at, row, 0);
  return at;
}

const bytesOf = (table: FlowTable, at: number): number => table.floats[(at + flow.BYTES) >> 1];

/** Hashes that collide wholly, that share a slot, that share a run, and that run over the end of the index. */
const hash = fc.constantFrom(0, 1, 1, SLOTS, SLOTS + 1, 2, SLOTS - 1, SLOTS - 1, 2 * SLOTS - 1, -1);
const steps = fc.array(fc.tuple(fc.nat(11), fc.boolean()), { maxLength: 60 });

describe.each([4, 6] as const)('a table of IPv%i flows', (version) => {
  it('holds what a map would, whichever hashes collide', () => {
    fc.assert(
      fc.property(fc.array(hash, { minLength: 12, maxLength: 12 }), steps, (hashes, all) => {
        const table = newTable();
        const rows = hashes.map((value, key) => rowOf(key, value, 0, version));
        const map = new Map<number, number>();
        for (const [key, isAdded] of all) {
          const known = map.get(key);
          if (known !== undefined && !isAdded) {
            table.remove(known);
            map.delete(key);
          } else if (known === undefined && isAdded && table.size < table.capacity) {
            map.set(key, add(table, rows[key]));
          }
          expect(table.size).toBe(map.size);
          for (const [index, row] of rows.entries()) expect(table.find(row, 0)).toBe(map.get(index) ?? 0);
        }
        for (const [key, at] of map) expect(bytesOf(table, at)).toBe(100 + key);
        expect(table.highWater).toBeLessThanOrEqual(1 + CAPACITY);
      }),
      { numRuns: 300 },
    );
  });
});

describe('FlowTable', () => {
  it('is full at its capacity, and has room again when a flow goes', () => {
    const table = newTable();
    const places = Array.from({ length: CAPACITY }, (_, key) => add(table, rowOf(key, key)));
    expect([table.capacity, table.size]).toEqual([CAPACITY, CAPACITY]);
    table.remove(places[3]);
    expect(table.size).toBe(CAPACITY - 1);
    expect(add(table, rowOf(99, 99))).toBe(places[3]);
    expect(bytesOf(table, places[3])).toBe(199);
  });

  it.each([4, 6] as const)('clears a row but for its key, IPv%i', (ipVersion) => {
    const table = newTable();
    const row = rowOf(1, 5, 0, ipVersion);
    const at = add(table, row);
    table.clear(at);
    expect([table.find(row, 0), bytesOf(table, at), table.words[at + flow.STATE]]).toEqual([at, 0, 0]);
    table.begin(at, row, 0);
    table.remove(at);
    expect(table.find(row, 0)).toBe(0);
  });

  it('chooses the flow longest silent as the one to evict, of seconds beyond 2^31 too', () => {
    const table = newTable();
    const seconds = [500, 400, 0xffffffff, 0x80000000, 300, 900, 800, 700];
    const places = seconds.map((second, key) => add(table, rowOf(key, key, second)));
    expect(table.victim()).toBe(places[4]);
    table.remove(places[4]);
    expect(table.victim()).toBe(places[1]);
  });

  it('tells where the flows of a batch are, and whether they still are there', () => {
    const table = newTable();
    const [first, second, absent] = [rowOf(1, 1), rowOf(2, 2), rowOf(3, 3)];
    const collides = rowOf(4, 1);
    const places = [add(table, first), add(table, second)];
    const batch = Int32Array.from([...first, ...second, ...absent, ...collides]);
    const found = new Int32Array(4);
    table.locate(batch, batch.length, found);
    const isFlowOf = (index: number): boolean =>
      table.isFlowOf(found[index], batch, index * packet.ROW_WORDS);
    expect([...found.subarray(0, 2)]).toEqual(places);
    expect([0, 1, 2, 3].map(isFlowOf)).toEqual([true, true, false, false]);
    table.remove(places[0]);
    expect(isFlowOf(0)).toBe(false);
    add(table, rowOf(5, 5));
    expect(isFlowOf(0)).toBe(false);
  });

  it.runIf(process.platform === 'linux')('puts rows at the beginning of cache lines', () => {
    const { words } = new FlowTable(65_536, new ListeningPorts());
    expect(koffi.address(words) % 64n).toBe(0n);
  });

  it('adds up what each end sent', () => {
    const table = newTable();
    const row = rowOf(1, 1);
    const at = add(table, row);
    table.update(at, row, 0);
    row[packet.DIRECTION] = 1;
    row[packet.PACKETS] = 3;
    table.update(at, row, 0);
    const sent = [0, 1].map((end) => {
      const side = at + end * flow.SIDE_WORDS;
      return [table.floats[(side + flow.PACKETS) >> 1], table.floats[(side + flow.BYTES) >> 1]];
    });
    expect(sent).toEqual([
      [2, 202],
      [3, 101],
    ]);
  });
});

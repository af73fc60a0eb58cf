import { parseRange } from '../../services/enrichment/locate/address.ts';

/** A value of a database: maps, lists, text, whole numbers (uint32) and others (double). */
export type MmdbValue = string | number | readonly MmdbValue[] | { readonly [key: string]: MmdbValue };

const MARKER = Buffer.from('abcdef4d61784d696e642e636f6d', 'hex');
/** Zeros between the tree and the data. */
const SEPARATOR_BYTES = 16;
const STRING = 2;
const DOUBLE = 3;
const UINT32 = 6;
const MAP = 7;
const ARRAY = 11;

/** A node's two branches: another node, or data, or nothing. */
interface Node {
  readonly branches: [Node | number | undefined, Node | number | undefined];
  index: number;
}

/**
 * A database in MaxMind's format, version 2.0 (maxmind.github.io/MaxMind-DB), with 24-bit records.
 *
 * @param networks values by network, such as `192.0.2.0/24`; no network may hold another one
 */
export function mmdb(type: string, networks: Readonly<Record<string, MmdbValue>>): Buffer {
  const root: Node = { branches: [undefined, undefined], index: 0 };
  const data: Buffer[] = [];
  let dataBytes = 0;
  for (const [network, value] of Object.entries(networks)) {
    insert(root, network, dataBytes);
    const encoded = encode(value);
    data.push(encoded);
    dataBytes += encoded.length;
  }
  const nodes = inOrder(root);
  const metadata = encode({
    node_count: nodes.length,
    record_size: 24,
    ip_version: 6,
    database_type: type,
    languages: ['en'],
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_768_471_380,
    description: { en: 'for tests' },
  });
  return Buffer.concat([tree(nodes), Buffer.alloc(SEPARATOR_BYTES), ...data, MARKER, metadata]);
}

/** IPv4 networks lie below ::/96. */
function insert(root: Node, network: string, offset: number): void {
  const range = parseRange(network)!;
  const isIpv4 = range.bytes.length === 4;
  const bytes = isIpv4 ? Buffer.concat([Buffer.alloc(12), range.bytes]) : range.bytes;
  const bits = isIpv4 ? range.bits + 96 : range.bits;
  let node = root;
  for (let at = 0; ; at++) {
    const branch = (bytes[at >> 3] >> (7 - (at & 7))) & 1;
    if (at === bits - 1) {
      node.branches[branch] = offset;
      return;
    }
    let next = node.branches[branch];
    if (typeof next !== 'object') {
      next = { branches: [undefined, undefined], index: 0 };
      node.branches[branch] = next;
    }
    node = next;
  }
}

function inOrder(root: Node): readonly Node[] {
  const nodes = [root];
  for (let at = 0; at < nodes.length; at++) {
    nodes[at].index = at;
    for (const branch of nodes[at].branches) if (typeof branch === 'object') nodes.push(branch);
  }
  return nodes;
}

function tree(nodes: readonly Node[]): Buffer {
  const bytes = Buffer.alloc(nodes.length * 6);
  for (const [at, { branches }] of nodes.entries()) {
    for (const [side, branch] of branches.entries()) {
      const data = typeof branch === 'number' ? nodes.length + SEPARATOR_BYTES + branch : nodes.length;
      bytes.writeUIntBE(typeof branch === 'object' ? branch.index : data, at * 6 + side * 3, 3);
    }
  }
  return bytes;
}

function encode(value: MmdbValue): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value);
    return Buffer.concat([control(STRING, text.length), text]);
  }
  if (typeof value === 'number') {
    if (Number.isInteger(value) && value >= 0) {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return Buffer.concat([control(UINT32, 4), bytes]);
    }
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleBE(value);
    return Buffer.concat([control(DOUBLE, 8), bytes]);
  }
  if (Array.isArray(value)) {
    return Buffer.concat([control(ARRAY, value.length), ...(value as readonly MmdbValue[]).map(encode)]);
  }
  const entries = Object.entries(value);
  return Buffer.concat([
    control(MAP, entries.length),
    ...entries.flatMap(([key, inner]) => [encode(key), encode(inner)]),
  ]);
}

/** Type and size; types above 7 stand in a second byte, sizes above 28 in bytes that follow. */
function control(type: number, size: number): Buffer {
  const first = type <= 7 ? type << 5 : 0;
  const extended = type <= 7 ? [] : [type - 7];
  if (size < 29) return Buffer.from([first | size, ...extended]);
  return Buffer.from([first | 29, ...extended, size - 29]);
}

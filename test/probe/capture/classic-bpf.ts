import type { BpfProgram } from '../../../services/probe/capture/socket-filter.ts';

/** A packet as a socket filter sees it. */
export interface FilteredPacket {
  readonly bytes: Uint8Array;
  /** Where the IP header begins, which loads from SKF_NET_OFF on are relative to (linux/filter.h); 14 if undefined. */
  readonly networkOffset?: number;
  /** What SKF_AD_OFF + n loads (linux/filter.h), by n. */
  readonly ancillary?: Readonly<Record<number, number>>;
}

/**
 * Runs a classic BPF program (the BSD paper, and linux/Documentation/networking/filter.rst) and gives what it returns.
 * It ends with 0, as in the kernel, on a load beyond the packet; it throws on what the kernel would not load.
 */
export function runProgram(program: BpfProgram, packet: FilteredPacket): number {
  const view = new DataView(packet.bytes.buffer, packet.bytes.byteOffset, packet.bytes.byteLength);
  const scratch = new Uint32Array(16);
  let a = 0;
  let x = 0;
  for (let at = 0; at < program.length; at++) {
    const { code, jt, jf, k } = program[at];
    const operand = (code & 0x08) === 0 ? k : x;
    switch (code & 0x07) {
      case 0x00: {
        const value = load(code, k, x, view, packet, scratch);
        if (value === undefined) return 0;
        a = value;
        break;
      }
      case 0x01:
        x = loadIndex(code, k, view, scratch);
        break;
      case 0x02:
        scratch[k] = a;
        break;
      case 0x03:
        scratch[k] = x;
        break;
      case 0x04:
        a = calculate(code, a, operand);
        break;
      case 0x05:
        at += (code & 0xf0) === 0x00 ? k : holds(code, a, operand) ? jt : jf;
        break;
      case 0x06:
        return (code & 0x18) === 0x10 ? a : k;
      default:
        if ((code & 0xf8) === 0x80) a = x;
        else x = a;
    }
  }
  throw new Error('the program runs beyond its end');
}

function load(
  code: number,
  k: number,
  x: number,
  view: DataView,
  { ancillary = {}, networkOffset = 14 }: FilteredPacket,
  scratch: Uint32Array,
): number | undefined {
  const mode = code & 0xe0;
  if (mode === 0x00) return k;
  if (mode === 0x60) return scratch[k];
  if (mode === 0x80) return view.byteLength;
  if (mode === 0x20 && k >= 0xffff_f000) return ancillary[k - 0xffff_f000] ?? 0;
  const start = k >= 0xfff0_0000 ? k - 0xfff0_0000 + networkOffset : k;
  const offset = mode === 0x40 ? start + x : start;
  const size = [4, 2, 1][(code & 0x18) >> 3];
  if (offset + size > view.byteLength) return undefined;
  return size === 4 ? view.getUint32(offset) : size === 2 ? view.getUint16(offset) : view.getUint8(offset);
}

function loadIndex(code: number, k: number, view: DataView, scratch: Uint32Array): number {
  const mode = code & 0xe0;
  if (mode === 0xa0) return k < view.byteLength ? (view.getUint8(k) & 0xf) * 4 : 0;
  return mode === 0x60 ? scratch[k] : mode === 0x80 ? view.byteLength : k;
}

function calculate(code: number, a: number, operand: number): number {
  switch (code & 0xf0) {
    case 0x00:
      return (a + operand) >>> 0;
    case 0x10:
      return (a - operand) >>> 0;
    case 0x20:
      return Math.imul(a, operand) >>> 0;
    case 0x40:
      return (a | operand) >>> 0;
    case 0x50:
      return (a & operand) >>> 0;
    case 0x60:
      return (a << operand) >>> 0;
    case 0x70:
      return a >>> operand;
    case 0x80:
      return -a >>> 0;
    default:
      throw new Error(`no such calculation: 0x${code.toString(16)}`);
  }
}

function holds(code: number, a: number, operand: number): boolean {
  switch (code & 0xf0) {
    case 0x10:
      return a === operand;
    case 0x20:
      return a > operand;
    case 0x30:
      return a >= operand;
    default:
      return (a & operand) !== 0;
  }
}

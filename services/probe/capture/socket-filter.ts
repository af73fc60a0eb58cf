import { ETHERTYPE_IPV4 } from '../decode/ether-type.ts';
import type { IgnoredEndpoint } from './except-endpoints.ts';
import { exceptEndpoints } from './except-endpoints.ts';

/** One instruction of a classic BPF program (struct sock_filter, linux/filter.h). */
export interface BpfInstruction {
  readonly code: number;
  /** How many instructions to skip when a condition holds, and when not. */
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
}

/** A classic BPF program. It gives the bytes of a packet to keep; 0 drops it. */
export type BpfProgram = readonly BpfInstruction[];

/** An expression compiled for both kinds of frames that a socket sees. */
export interface CompiledExpression {
  /** For frames that begin with an Ethernet header. */
  readonly ethernet: BpfProgram;
  /** For frames without a link header, as tunnel devices have them. */
  readonly ip: BpfProgram;
}

export interface SocketFilterOptions {
  /** The most bytes of a packet to keep. */
  readonly snaplenBytes: number;
  /** The same for IPv4 right behind the link header, without an expression. */
  readonly ipv4SnaplenBytes?: number | undefined;
  /** The interfaces to capture on; undefined for all but loopback ones, those that appear later included. */
  readonly interfaceIndexes?: readonly number[] | undefined;
  /** Packets whose socket has this mark (SO_MARK) are dropped; 0 or undefined drops none. */
  readonly ignoredMark?: number | undefined;
  /** What these send and receive is dropped. */
  readonly ignoredEndpoints?: readonly IgnoredEndpoint[] | undefined;
  readonly expression?: CompiledExpression | undefined;
}

// Instruction codes (linux/bpf_common.h).
const BPF_LD_W_ABS = 0x20;
const BPF_JMP_JA = 0x05;
const BPF_JMP_JEQ_K = 0x15;
const BPF_RET_K = 0x06;

// What a filter can load beside the packet (SKF_AD_OFF + SKF_AD_…, linux/filter.h).
const SKF_AD_OFF = 0xffff_f000;
const ETHER_TYPE = SKF_AD_OFF;
const PACKET_TYPE = SKF_AD_OFF + 4;
const INTERFACE_INDEX = SKF_AD_OFF + 8;
const MARK = SKF_AD_OFF + 20;
const HARDWARE_TYPE = SKF_AD_OFF + 28;

/** ARPHRD_ numbers (linux/if_arp.h) of interfaces whose frames have an Ethernet header. */
export const ARPHRD_ETHER = 1;
export const ARPHRD_LOOPBACK = 772;
/** sll_pkttype of what this host sent (linux/if_packet.h). */
export const PACKET_OUTGOING = 4;

const load = (from: number): BpfInstruction => ({ code: BPF_LD_W_ABS, jt: 0, jf: 0, k: from });
const jump = (over: number): BpfInstruction => ({ code: BPF_JMP_JA, jt: 0, jf: 0, k: over });
const jumpIfEqual = (k: number, jt: number, jf: number): BpfInstruction => ({
  code: BPF_JMP_JEQ_K,
  jt,
  jf,
  k,
});
const keep = (bytes: number): BpfInstruction => ({ code: BPF_RET_K, jt: 0, jf: 0, k: bytes });
const DROP = keep(0);

/** Drops every packet: for a socket that must not yet, or no longer, see any. */
export const DROP_ALL: BpfProgram = [DROP];

/**
 * The program for a packet socket that is bound to all interfaces: packets of other interfaces and own traffic are
 * dropped, then the expression decides, or each packet is cut to the snap length.
 */
export function socketFilter(options: SocketFilterOptions): BpfProgram {
  return [
    ...(options.interfaceIndexes === undefined ? EXCEPT_LOOPBACK : onInterfaces(options.interfaceIndexes)),
    ...(options.ignoredMark ? exceptMark(options.ignoredMark) : []),
    ...exceptEndpoints(options.ignoredEndpoints ?? []),
    ...(options.expression === undefined ? keepHeaders(options) : matching(options.expression)),
  ];
}

/** The program as the array of struct sock_filter that the kernel takes. */
export function encodeProgram(program: BpfProgram): Uint8Array {
  const words = new Uint32Array(program.length * 2);
  const halves = new Uint16Array(words.buffer);
  const bytes = new Uint8Array(words.buffer);
  for (const [index, { code, jt, jf, k }] of program.entries()) {
    halves[index * 4] = code;
    bytes[index * 8 + 2] = jt;
    bytes[index * 8 + 3] = jf;
    words[index * 2 + 1] = k;
  }
  return bytes;
}

// Each part below falls through to the next one for a packet that it lets pass.

const EXCEPT_LOOPBACK: BpfProgram = [load(HARDWARE_TYPE), jumpIfEqual(ARPHRD_LOOPBACK, 0, 1), DROP];

/** A loopback interface shows each packet twice, sent and received: the sent one is dropped. */
const EXCEPT_SENT_ON_LOOPBACK: BpfProgram = [
  load(HARDWARE_TYPE),
  jumpIfEqual(ARPHRD_LOOPBACK, 0, 3),
  load(PACKET_TYPE),
  jumpIfEqual(PACKET_OUTGOING, 0, 1),
  DROP,
];

function onInterfaces(indexes: readonly number[]): BpfProgram {
  const program = [load(INTERFACE_INDEX)];
  for (const [position, index] of indexes.entries()) {
    // A conditional jump reaches 255 instructions, an unconditional one any.
    program.push(jumpIfEqual(index, 0, 1), jump((indexes.length - position) * 2 - 1));
  }
  return [...program, DROP, ...EXCEPT_SENT_ON_LOOPBACK];
}

function exceptMark(mark: number): BpfProgram {
  return [load(MARK), jumpIfEqual(mark, 0, 1), DROP];
}

function keepHeaders({ snaplenBytes, ipv4SnaplenBytes = snaplenBytes }: SocketFilterOptions): BpfProgram {
  return [load(ETHER_TYPE), jumpIfEqual(ETHERTYPE_IPV4, 0, 1), keep(ipv4SnaplenBytes), keep(snaplenBytes)];
}

/** Jumps in a compiled program are relative and lead forward, so it stays valid wherever it stands. */
function matching(expression: CompiledExpression): BpfProgram {
  return [
    load(HARDWARE_TYPE),
    jumpIfEqual(ARPHRD_ETHER, 2, 0),
    jumpIfEqual(ARPHRD_LOOPBACK, 1, 0),
    jump(expression.ethernet.length),
    ...expression.ethernet,
    ...expression.ip,
  ];
}

import type { BpfInstruction, BpfProgram } from './socket-filter.ts';

/** One end of a connection of this host, whose packets are not to be captured, whichever way they go. */
export interface IgnoredEndpoint {
  readonly protocol: 'tcp' | 'udp';
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly port: number;
}

// Instruction codes (linux/bpf_common.h).
const BPF_LD_W_ABS = 0x20;
const BPF_LD_H_ABS = 0x28;
const BPF_LD_B_ABS = 0x30;
const BPF_LD_W_LEN = 0x80;
const BPF_JMP_JEQ_K = 0x15;
const BPF_JMP_JGE_K = 0x35;
const BPF_RET_K = 0x06;

// Loads from here on are relative to the IP header; SKF_AD_PROTOCOL is the EtherType (linux/filter.h).
const SKF_NET_OFF = 0xfff0_0000;
const ETHER_TYPE = 0xffff_f000;

const ETHERTYPE_IPV4 = 0x0800;
const ETHERTYPE_IPV6 = 0x86dd;
const IP_PROTOCOLS = { tcp: 6, udp: 17 } as const;

/** Where things stand in the IP header (RFC 791 without options, RFC 8200 without extensions), which own packets have. */
interface HeaderShape {
  readonly etherType: number;
  readonly protocol: number;
  readonly source: number;
  readonly destination: number;
  readonly ports: number;
  /**
   * A load beyond the packet ends the program and drops it, so shorter packets pass unseen. With an Ethernet header in
   * front or none: long enough for the ports, and no longer than the shortest datagram of such a connection.
   */
  readonly leastBytes: number;
}

const IPV4_SHAPE = {
  etherType: ETHERTYPE_IPV4,
  protocol: 9,
  source: 12,
  destination: 16,
  ports: 20,
} as const;
const IPV6_SHAPE = { etherType: ETHERTYPE_IPV6, protocol: 6, source: 8, destination: 24, ports: 40 } as const;
const ETHERNET_HEADER_BYTES = 14;
const PORTS_BYTES = 4;

interface Condition {
  readonly load: BpfInstruction;
  readonly jump: number;
  readonly value: number;
}

/** Drops what these endpoints send and receive, and falls through for all other packets. */
export function exceptEndpoints(endpoints: readonly IgnoredEndpoint[]): BpfProgram {
  return endpoints.flatMap((endpoint) => {
    const shape = shapeOf(endpoint);
    return [
      ...dropWhere(conditions(endpoint, shape, shape.source, shape.ports)),
      ...dropWhere(conditions(endpoint, shape, shape.destination, shape.ports + 2)),
    ];
  });
}

function shapeOf({ address }: IgnoredEndpoint): HeaderShape {
  const shape = address.length === 4 ? IPV4_SHAPE : IPV6_SHAPE;
  return { ...shape, leastBytes: ETHERNET_HEADER_BYTES + shape.ports + PORTS_BYTES };
}

function conditions(
  { protocol, address, port }: IgnoredEndpoint,
  shape: HeaderShape,
  addressOffset: number,
  portOffset: number,
): readonly Condition[] {
  const view = new DataView(address.buffer, address.byteOffset, address.byteLength);
  const words = Array.from({ length: address.length / 4 }, (_, index) =>
    equal(BPF_LD_W_ABS, SKF_NET_OFF + addressOffset + index * 4, view.getUint32(index * 4)),
  );
  return [
    equal(BPF_LD_W_ABS, ETHER_TYPE, shape.etherType),
    { load: instruction(BPF_LD_W_LEN, 0), jump: BPF_JMP_JGE_K, value: shape.leastBytes },
    equal(BPF_LD_B_ABS, SKF_NET_OFF + shape.protocol, IP_PROTOCOLS[protocol]),
    ...words,
    equal(BPF_LD_H_ABS, SKF_NET_OFF + portOffset, port),
  ];
}

/** Drops the packet where all hold. */
function dropWhere(all: readonly Condition[]): BpfProgram {
  const program = all.flatMap(({ load, jump, value }, index) => [
    load,
    { code: jump, jt: 0, jf: (all.length - index) * 2 - 1, k: value },
  ]);
  return [...program, instruction(BPF_RET_K, 0)];
}

const equal = (code: number, from: number, value: number): Condition => ({
  load: instruction(code, from),
  jump: BPF_JMP_JEQ_K,
  value,
});

function instruction(code: number, k: number): BpfInstruction {
  return { code, jt: 0, jf: 0, k };
}

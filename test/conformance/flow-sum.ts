import { icmpCounterpart, icmpv6Counterpart } from '../../services/core/icmp.ts';
import { formatIp, parseIp } from '../../services/core/ip-address.ts';
import { ICMP, ICMPV6 } from '../../services/core/protocol.ts';

/** One flow of a capture, added up over all its records: what two views of one file are compared by. */
export interface FlowSum {
  readonly id: string;
  readonly ipVersion: number;
  readonly protocol: number;
  /** By address and port; a flow from an endpoint to itself has one side, which holds both directions. */
  readonly sides: ReadonlyMap<string, SideSum>;
  /** The ICMP exchange, see `icmpExchange`; empty for other protocols. */
  readonly icmp: string;
  readonly firstNanoseconds: bigint;
  readonly lastNanoseconds: bigint;
}

export interface SideSum {
  readonly packets: number;
  readonly bytes: number;
}

/** The name a side is compared by: whoever started the flow, and however the address was written. */
export function sideName(address: string, port: number | null): string {
  const bytes = parseIp(address);
  const text = (bytes && formatIp(bytes)) ?? `not an address: ${address}`;
  return port === null ? text : `${text} port ${port}`;
}

/** The sides of one record. */
export function twoSides(a: string, sumA: SideSum, b: string, sumB: SideSum): ReadonlyMap<string, SideSum> {
  return a === b
    ? new Map([[a, addSides(sumA, sumB)]])
    : new Map([
        [a, sumA],
        [b, sumB],
      ]);
}

/** Types that answer each other in one order whichever came first; a one-way type with its code. */
export function icmpExchange(protocol: number, type: number, code: number | null): string {
  const counterpart = protocol === ICMPV6 ? icmpv6Counterpart(type) : icmpCounterpart(type);
  if (counterpart < 0) return `type ${type} code ${code}`;
  return `types ${Math.min(type, counterpart)} and ${Math.max(type, counterpart)}`;
}

/** Whether the protocol's ports are ICMP types. */
export function isIcmp(ipVersion: number, protocol: number): boolean {
  return protocol === (ipVersion === 4 ? ICMP : ICMPV6);
}

export function addFlows(a: FlowSum, b: FlowSum): FlowSum {
  const sides = new Map(a.sides);
  for (const [name, sum] of b.sides) {
    const known = sides.get(name);
    sides.set(name, known === undefined ? sum : addSides(known, sum));
  }
  return {
    ...a,
    sides,
    firstNanoseconds: earlier(a.firstNanoseconds, b.firstNanoseconds),
    lastNanoseconds: -earlier(-a.lastNanoseconds, -b.lastNanoseconds),
  };
}

function earlier(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

function addSides(a: SideSum, b: SideSum): SideSum {
  return { packets: a.packets + b.packets, bytes: a.bytes + b.bytes };
}

/** One line a flow, in one order: what tests compare, and what a reader of a failure sees. */
export function flowLines(flows: Iterable<FlowSum>, ignoresTimes: boolean): readonly string[] {
  return Array.from(flows, (flow) => flowLine(flow, ignoresTimes)).sort();
}

function flowLine(flow: FlowSum, ignoresTimes: boolean): string {
  const sides = Array.from(
    flow.sides,
    ([name, sum]) => `${name} sent ${sum.packets} packets, ${sum.bytes} bytes`,
  );
  const what = `${flow.id} ipv${flow.ipVersion} protocol ${flow.protocol} ${flow.icmp}`.trimEnd();
  const times = ignoresTimes ? 'any time' : `${flow.firstNanoseconds} to ${flow.lastNanoseconds} ns`;
  return `${what}: ${sides.sort().join('; ')}; ${times}`;
}

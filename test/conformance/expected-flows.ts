import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CaptureJson, FlowJson } from './capture-json.ts';
import { parseCaptureJson } from './capture-json.ts';
import type { Deviation } from './deviations.ts';
import { DEVIATIONS, NOT_UNWRAPPED } from './deviations.ts';
import type { FlowSum } from './flow-sum.ts';
import { icmpExchange, isIcmp, sideName, twoSides } from './flow-sum.ts';

/** Captures of other projects and what an independent dissector finds in them; not part of this repository. */
const CORPUS = fileURLToPath(new URL('../../../shared/pcaps', import.meta.url));

/** Which IP header counts: the outermost, or the innermost of tunnels. */
export type Header = 'outer' | 'inner';

export interface ExpectedCapture {
  /** False where the file itself is damaged; then the flows are those before the damage. */
  readonly readable: boolean;
  readonly flows: readonly FlowSum[];
  readonly ignoresTimes: boolean;
}

/** Every capture by its path below the corpus; none where there is no corpus. */
export function captureNames(): readonly string[] {
  if (!existsSync(CORPUS)) return [];
  return readdirSync(`${CORPUS}/expected`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

/** Why there are no captures. */
export const NO_CORPUS = `there are no captures in ${CORPUS}`;

export function capturePath(name: string): string {
  return `${CORPUS}/captures/${name}`;
}

/** What flowtap is to find in a capture: what the dissector found, but for the deviations. */
export function expectedCapture(name: string, header: Header): ExpectedCapture {
  const capture = parseCaptureJson(readFileSync(`${CORPUS}/expected/${name}.json`, 'utf8'));
  const deviation = deviationOf(name, header);
  const flows = [...flowsBy(header, name, capture), ...(deviation?.added ?? [])]
    .filter((flow) => deviation?.absent?.includes(flow.community_id) !== true)
    .map((flow) => sumOf({ ...flow, ...deviation?.changed?.[flow.community_id] }));
  return {
    readable: deviation?.readable ?? capture.readable,
    flows,
    ignoresTimes: deviation?.ignoresTimes === true,
  };
}

function deviationOf(name: string, header: Header): Deviation | undefined {
  const deviation = DEVIATIONS[name];
  return deviation?.innerOnly === true && header === 'outer' ? undefined : deviation;
}

function flowsBy(header: Header, name: string, capture: CaptureJson): readonly FlowJson[] {
  if (header === 'outer' || NOT_UNWRAPPED[name] !== undefined) return capture.flows;
  return capture.inner_flows ?? capture.flows;
}

function sumOf(flow: FlowJson): FlowSum {
  const { a, b, ip_version: ipVersion, protocol } = flow;
  const isExchange = isIcmp(ipVersion, protocol);
  return {
    id: flow.community_id,
    ipVersion,
    protocol,
    sides: twoSides(
      sideName(a.ip, isExchange ? null : a.port),
      { packets: flow.a_to_b.packets, bytes: flow.a_to_b.ip_bytes },
      sideName(b.ip, isExchange ? null : b.port),
      { packets: flow.b_to_a.packets, bytes: flow.b_to_a.ip_bytes },
    ),
    icmp: isExchange && a.port !== null ? icmpExchange(protocol, a.port, b.port) : '',
    firstNanoseconds: flow.first_ns,
    lastNanoseconds: flow.last_ns,
  };
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { capturePath } from './expected-flows.ts';
import type { FlowSum } from './flow-sum.ts';
import { addFlows, icmpExchange, isIcmp, sideName, twoSides } from './flow-sum.ts';

const MAIN = fileURLToPath(new URL('../../services/cli/main.ts', import.meta.url));

export interface Replay {
  readonly exitCode: number | null;
  readonly stderr: string;
  /** By capture name, then by Community ID. A capture without a flow is not there. */
  readonly flows: ReadonlyMap<string, ReadonlyMap<string, FlowSum>>;
}

/** The fields of a record that are compared. */
interface RecordJson {
  readonly event: { readonly start: string; readonly end: string };
  readonly network: { readonly community_id: string; readonly iana_number: string; readonly type: string };
  readonly source: SideJson;
  readonly destination: SideJson;
  readonly flowtap: { readonly icmp?: { readonly type: number; readonly code?: number } };
  readonly log: { readonly file: { readonly path: string } };
}

interface SideJson {
  readonly ip: string;
  readonly port?: number;
  readonly packets: number;
  readonly bytes: number;
}

/** Runs `flowtap replay` once over all the captures, each on its own, and adds up its records flow by flow. */
export async function replayEach(names: readonly string[], options: readonly string[]): Promise<Replay> {
  const files = new Map(names.map((name) => [capturePath(name), name]));
  const args = [MAIN, 'replay', '--each', '--window', '0', '--format', 'ndjson', ...options, ...files.keys()];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = once(child, 'close') as Promise<[exitCode: number | null]>;
  const stderr = text(child.stderr);
  const flows = new Map<string, Map<string, FlowSum>>();
  for await (const line of createInterface({ input: child.stdout })) {
    const record = JSON.parse(line) as RecordJson;
    const name = files.get(record.log.file.path) ?? record.log.file.path;
    const capture = flows.get(name) ?? new Map<string, FlowSum>();
    flows.set(name, capture);
    const sum = sumOf(record);
    const known = capture.get(sum.id);
    capture.set(sum.id, known === undefined ? sum : addFlows(known, sum));
  }
  const [exitCode] = await closed;
  return { exitCode, stderr: await stderr, flows };
}

function sumOf({ event, network, source, destination, flowtap }: RecordJson): FlowSum {
  const protocol = Number(network.iana_number);
  const ipVersion = Number(network.type.slice('ipv'.length));
  const icmp = isIcmp(ipVersion, protocol) ? flowtap.icmp : undefined;
  return {
    id: network.community_id,
    ipVersion,
    protocol,
    sides: twoSides(
      sideName(source.ip, source.port ?? null),
      source,
      sideName(destination.ip, destination.port ?? null),
      destination,
    ),
    icmp: icmp === undefined ? '' : icmpExchange(protocol, icmp.type, icmp.code ?? null),
    firstNanoseconds: nanosecondsOf(event.start),
    lastNanoseconds: nanosecondsOf(event.end),
  };
}

/** Of a time such as 2014-12-09T17:29:29.999999999Z: nine digits, more than Date keeps. */
function nanosecondsOf(timestamp: string): bigint {
  const match = /^(.*)\.(\d{9})Z$/.exec(timestamp);
  if (match === null) throw new Error(`not a time with nine digits of fraction: ${timestamp}`);
  return BigInt(Date.parse(`${match[1]}Z`)) * 1_000_000n + BigInt(match[2]);
}

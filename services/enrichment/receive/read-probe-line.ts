import { isIPv4 } from 'node:net';
import { parseIpv6 } from '../../core/ip-address.ts';
import type { EcsEnd, EcsFlow, FlowtapFields, FlowtapTcpSide } from '../document/ecs-flow.ts';
import { PASSED } from '../document/passed-text.ts';
import { PROBE_LINE } from './probe-line-grammar.ts';

type Parts = readonly (string | undefined)[];

const MAX_PORT = 65_535;

const at = (name: string): number => PROBE_LINE.place(name);
const TIMESTAMP = at('timestamp');
const HEAD = at('head');
const ORIGIN = at('origin');
const AGENT = at('agent');
const LOG = at('log');
const EVENT = at('event');
const TYPES = at('types');
const START = at('start');
const END = at('end');
const DIGEST = at('digest');
const FLOW_START = at('flowStart');
const EVENT_START = at('eventStart');
const FINAL = at('final');
const NETWORK = at('network');
const TRANSPORT = at('transport');
const PROTOCOL = at('protocol');
const DIRECTION = at('direction');
const VOLUME = at('volume');
const SOURCE = at('source');
const DESTINATION = at('destination');
const RELATED = at('related');
const EVIDENCE = at('evidence');
const FLOWTAP = at('flowtap');
const WINDOW_START = at('windowStart');
const WINDOW_END = at('windowEnd');
const SOURCE_TCP = at('sourceTcp');
const DESTINATION_TCP = at('destinationTcp');

/**
 * An event in the form that our probes give it, several times as fast as by JSON: what `JSON.parse` and `checkFlow` would
 * make of it, but that what only goes into the document stays text. Undefined for all other lines, however little they
 * differ.
 */
export function readProbeLine(line: string): EcsFlow | undefined {
  const parts = PROBE_LINE.read(line);
  if (parts === undefined) return undefined;
  const source = readEnd(parts, SOURCE);
  const destination = readEnd(parts, DESTINATION);
  if (source === undefined || destination === undefined) return undefined;
  // What others remember is put together anew: a piece of the line would keep all of it.
  const communityId = `1:${parts[DIGEST]}`;
  const flowId = `${communityId}/${parts[FLOW_START]}`;
  return {
    '@timestamp': parts[TIMESTAMP]!,
    source,
    destination,
    event: {
      id: `${flowId}/${parts[EVENT_START]}`,
      type: listOf(parts[TYPES]!.slice(1, -1)),
      start: parts[START]!,
      end: parts[END]!,
    },
    flow: { id: flowId, final: parts[FINAL] === 'true' },
    network: {
      transport: parts[TRANSPORT]!,
      iana_number: parts[PROTOCOL]!,
      direction: parts[DIRECTION]!,
      community_id: communityId,
    },
    related: { ip: listOf(parts[RELATED]!) },
    flowtap: readFlowtap(parts),
    [PASSED]: {
      head: parts[HEAD]!,
      origin: parts[ORIGIN]!,
      agent: parts[AGENT]!,
      log: parts[LOG]!,
      event: parts[EVENT]!,
      network: parts[NETWORK]!,
      volume: parts[VOLUME]!,
      flowtap: parts[FLOWTAP]!,
    },
  };
}

/** What `readProbeLine` gave: nothing is left to check. */
export function isProbeEvent(value: unknown): boolean {
  return typeof value === 'object' && value !== null && PASSED in value;
}

function readEnd(parts: Parts, first: number): EcsEnd | undefined {
  const ip = parts[first]!;
  if (!isIPv4(ip) && parseIpv6(ip) === undefined) return undefined;
  const [bytes, packets] = [Number(parts[first + 2]), Number(parts[first + 3])];
  const port = parts[first + 1];
  if (port === undefined) return { ip, bytes, packets };
  return Number(port) > MAX_PORT ? undefined : { ip, port: Number(port), bytes, packets };
}

function readFlowtap(parts: Parts): FlowtapFields {
  const flowtap: FlowtapFields = { initiator: { evidence: parts[EVIDENCE]! } };
  if (parts[WINDOW_START] !== undefined) flowtap.window = windowOf(parts[WINDOW_START], parts[WINDOW_END]!);
  if (parts[SOURCE_TCP] !== undefined) {
    flowtap.tcp = { source: readTcpEnd(parts, SOURCE_TCP), destination: readTcpEnd(parts, DESTINATION_TCP) };
  }
  return flowtap;
}

function readTcpEnd(parts: Parts, all: number): FlowtapTcpSide {
  const text = parts[all]!;
  if (parts[all + 1] === undefined) return { [PASSED]: text };
  const sequence = {
    initial: Number(parts[all + 1]),
    highest: Number(parts[all + 2]),
    payload_bytes: Number(parts[all + 3]),
    repeated_bytes: Number(parts[all + 4] ?? 0),
    missing_bytes: Number(parts[all + 5] ?? 0),
    skipped_bytes: Number(parts[all + 6] ?? 0),
    reordered_gaps: Number(parts[all + 7] ?? 0),
  };
  return { sequence, [PASSED]: text };
}

let latestWindow = { start: '', end: '' };

/** One object for all records of a window: it is remembered of many. */
function windowOf(start: string, end: string): { start: string; end: string } {
  if (latestWindow.start !== start || latestWindow.end !== end) latestWindow = { start, end };
  return latestWindow;
}

/** Of texts in quotes, without escapes, with commas between them. */
function listOf(texts: string): string[] {
  return texts.slice(1, -1).split('","');
}

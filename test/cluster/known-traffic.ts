import { communityId } from '../../services/core/community-id.ts';
import { parseIp } from '../../services/core/ip-address.ts';
import { ICMP, TCP, UDP } from '../../services/core/protocol.ts';
import type { CountedConnection, CountedWay } from '../integration/pods/counted-connections.ts';
import { countedConnections } from '../integration/pods/counted-connections.ts';
import type { PodProcess } from '../integration/pods/pod-process.ts';
import type { TrueEnd, TrueFlow, Truth } from '../support/kibana-security/true-flow.ts';
import { until } from '../support/until.ts';

const NUMBERS = { tcp: TCP, udp: UDP, icmp: ICMP } as const;
const ECHO_REQUEST = 8;
const PINGS = 3;
const REQUEST_BYTES = 200;
/** What is left of a window when the first call begins, at least. */
const START_WITHIN_MS = 1000;

/** Calls, or pings where there is no port. */
export interface KnownCall {
  readonly from: string;
  readonly caller: PodProcess;
  readonly protocol: keyof typeof NUMBERS;
  readonly ip: string;
  readonly port?: number;
  readonly count: number;
}

/** Who an address is, whatever it did. */
export interface KnownParty extends Omit<TrueEnd, 'port' | 'bytes' | 'packets'> {
  /** Its own probe sees what it does. */
  readonly monitored: boolean;
}

export interface KnownTrafficOptions {
  readonly node: Parameters<typeof countedConnections>[0];
  readonly nodeName: string;
  readonly windowMs: number;
  readonly parties: readonly KnownParty[];
  readonly calls: readonly KnownCall[];
}

/** Tries at traffic that begins and ends in one window. A machine that is busy may be too slow at first. */
const TRIES = 6;

/**
 * Makes all calls within one window. What is true of them comes from who called and answered, and from the node's kernel,
 * which counted their packets.
 */
export async function makeKnownTraffic(options: KnownTrafficOptions): Promise<Truth> {
  const { windowMs, calls, node } = options;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    await until(() => Date.now() % windowMs < START_WITHIN_MS);
    const startMs = Date.now() - (Date.now() % windowMs);
    const made: Made[] = [];
    for (const call of calls) made.push(...(await make(call, attempt)));
    let counted: readonly CountedConnection[] = [];
    await until(() => {
      counted = made.map((one) => connectionOf(one, countedConnections(node)));
      return counted.every(isOver);
    });
    if (Date.now() >= startMs + windowMs) continue;
    const flows = counted.map((connection, index) => flowOf(connection, made[index], startMs, options));
    return {
      from: new Date(startMs + 1).toISOString(),
      to: new Date(startMs + windowMs).toISOString(),
      records: flows,
      peers: flows.filter(
        ({ source, destination }) =>
          partyOf(source.ip, options).monitored && partyOf(destination.ip, options).monitored,
      ),
    };
  }
  throw new Error(`The calls did not fit into a window of ${windowMs} ms, ${TRIES} times.`);
}

/** One connection, as its caller and the one who answered know it. */
interface Made {
  readonly call: KnownCall;
  readonly localPort: number | undefined;
  readonly identifier: number | undefined;
}

async function make(call: KnownCall, attempt: number): Promise<readonly Made[]> {
  const { caller, protocol, ip, port, count } = call;
  if (protocol === 'icmp' || port === undefined) {
    const identifier = attempt;
    await caller.ping({ ip, count: PINGS, identifier });
    return [{ call, localPort: undefined, identifier }];
  }
  const answers = await caller.call({ protocol, ip, port, count, requestBytes: REQUEST_BYTES });
  return answers.map(({ localPort }) => ({ call, localPort, identifier: undefined }));
}

function connectionOf(made: Made, connections: readonly CountedConnection[]): CountedConnection {
  const { call, localPort, identifier } = made;
  const found = connections.filter(
    ({ protocol, original }) =>
      protocol === call.protocol &&
      original.source === call.from &&
      original.destination === call.ip &&
      original.sourcePort === localPort &&
      original.destinationPort === call.port &&
      original.identifier === identifier,
  );
  if (found.length === 1) return found[0];
  throw new Error(
    `The node knows ${found.length} connections of ${JSON.stringify({ ...made, call: call.ip })}.`,
  );
}

/** Nothing more will come. */
function isOver({ protocol, state, reply, original }: CountedConnection): boolean {
  if (protocol === 'tcp') return state === 'TIME_WAIT';
  return protocol === 'udp' || reply.packets === original.packets;
}

function flowOf(
  { original, reply }: CountedConnection,
  { call }: Made,
  startMs: number,
  options: KnownTrafficOptions,
): TrueFlow {
  const hasPorts = call.protocol !== 'icmp';
  // Whoever answers says from where; the client is as it called, whatever it was made on its way out.
  const server = reply.source;
  const serverPort = hasPorts ? reply.sourcePort : undefined;
  return {
    at: new Date(startMs + options.windowMs).toISOString(),
    transport: call.protocol,
    host: options.nodeName,
    communityId: communityId({
      protocol: NUMBERS[call.protocol],
      sourceAddress: parseIp(original.source)!,
      destinationAddress: parseIp(server)!,
      sourcePort: (hasPorts ? original.sourcePort : undefined) ?? ECHO_REQUEST,
      destinationPort: serverPort ?? 0,
    }),
    source: endOf(original.source, original.sourcePort, original, options),
    destination: endOf(server, serverPort, reply, options),
  };
}

function endOf(
  ip: string,
  port: number | undefined,
  { bytes, packets }: CountedWay,
  options: KnownTrafficOptions,
): TrueEnd {
  return { ...partyOf(ip, options), port, bytes, packets };
}

function partyOf(ip: string, { parties }: KnownTrafficOptions): KnownParty {
  const party = parties.find((one) => one.ip === ip);
  if (party === undefined) throw new Error(`Nobody is known to have ${ip}.`);
  return party;
}

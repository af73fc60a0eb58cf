import { randomInt } from 'node:crypto';
import { WHOLE } from '../../probe/decode/common-frame.ts';
import { TUNNELS } from '../../probe/decode/tunnel.ts';
import type { FlowMeterOptions } from '../../probe/flow/flow-meter.ts';
import type { ConfigOf } from '../../runtime/config.ts';
import { duration, integer, list, oneOf } from '../../runtime/config-values.ts';

/** What `replay` and `probe` share: how packets become flow records. */
export const METERING_SETTINGS = {
  windowMs: {
    flag: '--window <duration>',
    env: 'FLOWTAP_WINDOW',
    parse: duration(),
    default: '10s',
    doc: 'length of the windows that records report, aligned to the wall clock; 0 (replay only) makes one record of each flow',
  },
  communityIdSeed: {
    flag: '--seed <number>',
    env: 'FLOWTAP_SEED',
    parse: integer(0, 65_535),
    default: '0',
    doc: 'Community ID seed, the same for all probes whose records are to be joined',
  },
  decapsulate: {
    flag: '--decapsulate <tunnels>',
    env: 'FLOWTAP_DECAPSULATE',
    parse: list(oneOf(...TUNNELS)),
    doc: `report what is inside these tunnels in place of the outer packets: ${TUNNELS.join(',')}`,
  },
  idleTimeoutMs: {
    flag: '--idle-timeout <duration>',
    env: 'FLOWTAP_IDLE_TIMEOUT',
    parse: duration(),
    doc: 'silence that ends a flow other than TCP, 0 never (60s, with windows of 0 never)',
  },
  tcpIdleTimeoutMs: {
    flag: '--tcp-idle-timeout <duration>',
    env: 'FLOWTAP_TCP_IDLE_TIMEOUT',
    parse: duration(),
    doc: 'silence that ends a TCP flow that nobody closed, 0 never (5m, with windows of 0 never)',
  },
  activeTimeoutMs: {
    flag: '--active-timeout <duration>',
    env: 'FLOWTAP_ACTIVE_TIMEOUT',
    parse: duration(),
    default: '0',
    doc: 'with windows of 0: cut the record of a flow that has run so long, 0 never',
  },
  maxFragmentedDatagrams: {
    flag: '--max-fragmented-datagrams <count>',
    env: 'FLOWTAP_MAX_FRAGMENTED_DATAGRAMS',
    parse: integer(4, 1_048_576),
    default: '4096',
    doc: 'fragmented datagrams to remember the ports of',
  },
} as const;

const IDLE_TIMEOUT_MS = 60_000;
const TCP_IDLE_TIMEOUT_MS = 300_000;

/** The meter's options from the settings. */
export function meterOptions(
  config: ConfigOf<typeof METERING_SETTINGS>,
  maxFlows: number,
  sweepRows?: number,
): FlowMeterOptions {
  const hasWindows = config.windowMs > 0;
  const idleTimeoutMs = config.idleTimeoutMs ?? (hasWindows ? IDLE_TIMEOUT_MS : 0);
  const tcpIdleTimeoutMs = config.tcpIdleTimeoutMs ?? (hasWindows ? TCP_IDLE_TIMEOUT_MS : 0);
  return {
    windowMs: config.windowMs,
    idleTimeoutSeconds: Math.ceil(idleTimeoutMs / 1000),
    tcpIdleTimeoutSeconds: Math.ceil(tcpIdleTimeoutMs / 1000),
    activeTimeoutSeconds: Math.ceil(config.activeTimeoutMs / 1000),
    maxFlows,
    ...(sweepRows === undefined ? {} : { sweepRows }),
    maxFragmentedDatagrams: config.maxFragmentedDatagrams,
    communityIdSeed: config.communityIdSeed,
    decapsulate: config.decapsulate ?? [],
    hashSeed: randomInt(2 ** 32),
    shard: WHOLE,
  };
}

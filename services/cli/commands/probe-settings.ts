import { TCP, UDP } from '../../core/protocol.ts';
import type { ConfigOf } from '../../runtime/config.ts';
import { byteSize, flag, integer, list, oneOf, reader, text } from '../../runtime/config-values.ts';
import { DELIVERY_SETTINGS } from './delivery-settings.ts';
import { METERING_SETTINGS } from './metering-settings.ts';
import { SERVICE_SETTINGS } from './service-settings.ts';

/** `80`, `80/tcp` or `53/udp`. */
const portOfProtocol = reader('ports such as 80, 80/tcp or 53/udp', (word) => {
  const [, digits, protocol] = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(word) ?? [];
  const port = Number(digits);
  return port > 0 && port < 65_536 ? { port, protocol: protocol === 'udp' ? UDP : TCP } : undefined;
});

/** Of `flowtap probe`; the webhook checks by them what it gives to probes. */
export const PROBE_SETTINGS = {
  interfaces: {
    flag: '--interface <names...>',
    env: 'FLOWTAP_INTERFACE',
    parse: list(text()),
    doc: 'network interfaces to capture on, which may come and go (all but loopback)',
  },
  filter: {
    flag: '--filter <expression>',
    env: 'FLOWTAP_FILTER',
    parse: text(),
    doc: 'capture only what this tcpdump expression selects; needs libpcap on the machine',
  },
  output: {
    flag: '--output <stdout|path|url>',
    env: 'FLOWTAP_OUTPUT',
    parse: text(),
    default: 'stdout',
    doc: 'where records go: standard output, a file to append to, or a receiver such as https://host:8443/v1/flows',
  },
  knownPorts: {
    flag: '--known-ports <ports>',
    env: 'FLOWTAP_KNOWN_PORTS',
    parse: list(portOfProtocol),
    doc: 'ports that this host serves beside those its kernel names, such as 80,53/udp',
  },
  captureWith: {
    flag: '--capture-with <engine>',
    env: 'FLOWTAP_CAPTURE_WITH',
    parse: oneOf('ring', 'libpcap'),
    default: 'ring',
    doc: "ring (the Linux kernel's packet ring), or libpcap where there is none",
  },
  snaplenBytes: {
    flag: '--snaplen <bytes>',
    env: 'FLOWTAP_SNAPLEN',
    parse: integer(64, 65_535),
    doc: 'bytes of each packet to look at (192, with --decapsulate 320)',
  },
  ringBytes: {
    flag: '--ring-size <size>',
    env: 'FLOWTAP_RING_SIZE',
    parse: byteSize(512 * 1024),
    default: '8MiB',
    doc: 'memory that the kernel fills with packets until they are read',
  },
  maxFlows: {
    flag: '--max-flows <count>',
    env: 'FLOWTAP_MAX_FLOWS',
    parse: integer(16, 16_777_216),
    default: '65536',
    doc: 'flows at once, 340 bytes each; beyond, flows long silent are evicted',
  },
  maxQueuedBytes: {
    flag: '--max-queue <size>',
    env: 'FLOWTAP_MAX_QUEUE',
    parse: byteSize(256 * 1024),
    default: '16MiB',
    doc: 'memory for records that wait for a slow reader or receiver; beyond, they are dropped and counted',
  },
  keepRunning: {
    flag: '--keep-running',
    env: 'FLOWTAP_KEEP_RUNNING',
    parse: flag(),
    default: 'false',
    doc: 'go on when nothing can be captured, tell the receiver why, and try again (end with exit code 1)',
  },
  ...DELIVERY_SETTINGS,
  logLevel: SERVICE_SETTINGS.logLevel,
  ...METERING_SETTINGS,
} as const;

export type ProbeConfig = ConfigOf<typeof PROBE_SETTINGS>;

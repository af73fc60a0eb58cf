import type { CallOutcome, PodCall } from '../pods/traffic-call.mts';
import type { TrafficPod } from '../pods/traffic-pods.ts';
import type { PortName } from './tenants.ts';
import { FILTERED, MAY_CALL, PORTS, WORLD } from './tenants.ts';

/** A call of the list: what comes of it is the generator's own word. */
export interface TenantCall {
  /** `namespace/pod` */
  readonly source: string;
  /** `namespace/pod`, else the name of an address of the world. */
  readonly destination: string;
  readonly port: PortName;
  readonly isForbidden: boolean;
  /** A rule drops it. */
  readonly isFiltered: boolean;
  /** Called by the address of its service. */
  readonly isByService: boolean;
  readonly wanted: PodCall;
}

export interface MadeCall extends TenantCall {
  readonly outcome: CallOutcome;
}

/** Where calls go to. */
export interface CallTarget {
  readonly name: string;
  readonly ip: string;
  /** Of a service in front of the pod, on all of its ports. */
  readonly serviceIp?: string;
}

/** Their source ports: each call of a pod has one of its own, so that it is known when nobody answers. */
const FIRST_LOCAL_PORT = 20_000;
const BYTES = 400;
const TIMEOUT_MS = 4000;

/** Each pod calls all others on all ports, and the world. @param round the number of the turn */
export function tenantCalls(
  caller: TrafficPod,
  targets: readonly CallTarget[],
  round: number,
): readonly TenantCall[] {
  const source = `${caller.namespace}/${caller.name}`;
  const calls = targets
    .filter(({ name }) => name !== source)
    .flatMap(({ name, ip, serviceIp }) =>
      portsOf(name).flatMap((port) => [
        { destination: name, port, host: ip, isByService: false },
        ...(serviceIp === undefined ? [] : [{ destination: name, port, host: serviceIp, isByService: true }]),
      ]),
    );
  return calls.map(({ destination, port, host, isByService }, index) => ({
    source,
    destination,
    port,
    isByService,
    isForbidden: !(MAY_CALL[destination][port] ?? []).includes(source),
    isFiltered: source === FILTERED.source && destination === FILTERED.destination && port === FILTERED.port,
    wanted: {
      protocol: PORTS[port].protocol === 'UDP' ? 'udp' : 'tcp',
      host,
      port: PORTS[port].port,
      localPort: FIRST_LOCAL_PORT + round * calls.length + index,
      bytes: BYTES,
      timeoutMs: TIMEOUT_MS,
    },
  }));
}

function portsOf(name: string): readonly PortName[] {
  return name in WORLD ? ['http'] : (Object.keys(PORTS) as PortName[]);
}

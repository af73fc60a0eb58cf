import { PROBE_CONTAINER } from '../../core/probe-container.ts';
import type { PodSpec } from '../pod.ts';

/** More would make a long variable of a pod that declares a range. */
const MAX_PORTS = 64;

/**
 * The ports that the pod says it serves, as the probe's --known-ports reads them (`80,53/udp`): by them it tells who
 * started a conversation of which it did not see the beginning. Undefined without any.
 */
export function declaredPorts({ containers, initContainers = [] }: PodSpec): string | undefined {
  const ports = [...initContainers, ...containers]
    .filter(({ name }) => name !== PROBE_CONTAINER)
    .flatMap(({ ports: declared }) => declared ?? [])
    .flatMap(({ containerPort, protocol = 'TCP' }) => {
      if (containerPort === undefined || !(containerPort > 0 && containerPort < 65_536)) return [];
      if (protocol === 'TCP') return [`${containerPort}`];
      return protocol === 'UDP' ? [`${containerPort}/udp`] : [];
    });
  const known = [...new Set(ports)].slice(0, MAX_PORTS);
  return known.length === 0 ? undefined : known.join(',');
}

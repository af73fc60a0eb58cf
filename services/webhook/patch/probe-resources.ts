import { PROBE_CONTAINER } from '../../core/probe-container.ts';
import type { PodSpec, Resources } from '../pod.ts';
import type { ProbeResources } from './probe-profile.ts';
import { hasPodResources, isGuaranteed } from './quality-of-service.ts';

/**
 * What the probe asks for in this pod. A Guaranteed pod stays so: its requests are then the limits. Where the pod has
 * resources as a whole, the probe lives within them and has none of its own.
 */
export function probeResources(spec: PodSpec, resources: ProbeResources): Resources | undefined {
  if (hasPodResources(spec)) return undefined;
  const limits = { cpu: resources.cpuLimit, memory: resources.memoryLimit };
  if (isGuaranteed(spec, PROBE_CONTAINER)) return { requests: limits, limits };
  return { requests: { cpu: resources.cpuRequest, memory: resources.memoryRequest }, limits };
}

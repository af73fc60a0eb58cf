import type { ProbeIdentity } from '../../core/flow-batch.ts';
import type { DeliveryConfig } from '../commands/delivery-settings.ts';

export interface ProbeRunFacts {
  readonly id: string;
  readonly version: string;
  readonly startedMs: number;
  readonly host: string;
}

/** Who the probe is. Of its pod it tells what Kubernetes told it (downward API), if that is all there is to tell. */
export function probeIdentity(facts: ProbeRunFacts, config: DeliveryConfig): ProbeIdentity {
  const { podName: name, podNamespace: namespace, podUid: uid, podIps, nodeName: node } = config;
  const isKnown = name !== undefined && namespace !== undefined && uid !== undefined && node !== undefined;
  return { ...facts, pod: isKnown ? { namespace, name, uid, node, ips: podIps ?? [] } : undefined };
}

import { PROBE_CONTAINER } from '../../core/probe-container.ts';
import type { KubernetesObject } from '../../runtime/kubernetes/kubernetes-object.ts';
import { FLOWTAP_KEY } from '../../webhook/flowtap-key.ts';

/** What is wrong with the probe of a pod, as far as the kubelet tells. */
export interface ProbeFault {
  readonly outcome: 'warn' | 'fail';
  readonly message: string;
  readonly advice: string;
}

/** core/v1 ContainerStatus, as far as it is looked at. */
interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: unknown;
  readonly terminated?: { readonly reason?: string; readonly exitCode?: number };
}

/** Reasons to wait that pass by themselves. */
const STARTING = ['ContainerCreating', 'PodInitializing'];

export function probeFault({ metadata, status }: KubernetesObject): ProbeFault | undefined {
  const { name, namespace } = metadata;
  const probe = statusOfProbe(status);
  if (probe === undefined) return undefined;
  const { state, lastState, ready, restartCount = 0 } = probe;
  const describe = `kubectl -n ${namespace} describe pod/${name}`;
  const logs = `kubectl -n ${namespace} logs ${name} -c ${PROBE_CONTAINER} --previous`;
  if (state?.waiting?.reason === 'CrashLoopBackOff') {
    return { outcome: 'fail', message: 'the probe ends again and again', advice: logs };
  }
  if (state?.waiting?.reason !== undefined && !STARTING.includes(state.waiting.reason)) {
    return { outcome: 'fail', message: `the probe cannot start (${state.waiting.reason})`, advice: describe };
  }
  if (state?.terminated !== undefined) {
    const { reason = '', exitCode } = state.terminated;
    return { outcome: 'fail', message: `the probe has ended (${reason}, ${exitCode})`, advice: logs };
  }
  if (lastState?.terminated?.reason === 'OOMKilled') {
    const advice = `annotate the namespace with ${FLOWTAP_KEY.settingPrefix}memory-limit=256Mi, or lower ${FLOWTAP_KEY.settingPrefix}max-flows`;
    return { outcome: 'warn', message: 'the probe was ended for its use of memory', advice };
  }
  if (restartCount > 0) return { outcome: 'warn', message: 'the probe has been restarted', advice: logs };
  if (state?.running !== undefined && ready === false) {
    return { outcome: 'warn', message: 'the probe runs and is not ready', advice: describe };
  }
  return undefined;
}

function statusOfProbe(status: KubernetesObject['status']): ContainerStatus | undefined {
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  return (all as readonly ContainerStatus[]).find(({ name }) => name === PROBE_CONTAINER);
}

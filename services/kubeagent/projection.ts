import type { KubernetesObject } from '../runtime/kubernetes/kubernetes-object.ts';
import type { ResourceKind } from '../runtime/kubernetes/resource-kind.ts';
import {
  ENDPOINT_SLICES,
  JOBS,
  NAMESPACES,
  NODES,
  PODS,
  REPLICA_SETS,
  SERVICES,
} from '../runtime/kubernetes/resource-kind.ts';
import { projectEndpointSlice } from './project-endpoint-slice.ts';
import { projectNode } from './project-node.ts';
import { ownerField, projectPod } from './project-pod.ts';
import { projectService } from './project-service.ts';
import type { Sighting, StoredObject } from './stored-object.ts';
import { isoTime } from './stored-object.ts';

/** What is mirrored, owners and surroundings before what refers to them. */
export const MIRRORED_KINDS: readonly ResourceKind[] = [
  NAMESPACES,
  NODES,
  REPLICA_SETS,
  JOBS,
  SERVICES,
  PODS,
  ENDPOINT_SLICES,
];

const OUR_ANNOTATION = 'flowtap.dev/';

/** An object cut down to what names need of it. */
export function project(
  resource: ResourceKind,
  object: KubernetesObject,
  sighting: Sighting,
  skewMs: number,
): StoredObject {
  switch (resource.kind) {
    case PODS.kind:
      return projectPod(object, sighting, skewMs);
    case SERVICES.kind:
      return projectService(object, sighting, skewMs);
    case NODES.kind:
      return projectNode(object, sighting, skewMs);
    case ENDPOINT_SLICES.kind:
      return projectEndpointSlice(object, sighting);
    case NAMESPACES.kind:
      return projectPlain(object, sighting, {
        labels: object.metadata.labels ?? {},
        annotations: ourAnnotations(object),
      });
    default:
      return projectPlain(object, sighting, ownerField(object.metadata.ownerReferences));
  }
}

function projectPlain(
  { metadata }: KubernetesObject,
  { atMs, isGone }: Sighting,
  data: StoredObject['data'],
): StoredObject {
  return {
    uid: metadata.uid,
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    data,
    since: metadata.creationTimestamp ?? isoTime(atMs),
    until: isGone ? isoTime(atMs) : null,
    addresses: null,
  };
}

function ourAnnotations({ metadata }: KubernetesObject): Record<string, string> {
  const entries = Object.entries(metadata.annotations ?? {});
  return Object.fromEntries(entries.filter(([name]) => name.startsWith(OUR_ANNOTATION)));
}

/** What the projection reads, and nothing else: the rest of an object is let go as soon as it is read. */
export function cutDown(object: KubernetesObject, resource: ResourceKind): KubernetesObject {
  const { metadata, spec = {}, status = {} } = object;
  const { annotations: _annotations, ...identity } = metadata;
  switch (resource.kind) {
    case PODS.kind: {
      const { nodeName, hostNetwork, initContainers, containers } = spec;
      const { phase, podIP, podIPs, startTime, conditions, initContainerStatuses, containerStatuses } =
        status;
      return {
        metadata: identity,
        spec: {
          nodeName,
          hostNetwork,
          initContainers: portsOf(initContainers),
          containers: portsOf(containers),
        },
        status: {
          ...{ phase, podIP, podIPs, startTime, conditions },
          initContainerStatuses: statesOf(initContainerStatuses),
          containerStatuses: statesOf(containerStatuses),
        },
      };
    }
    case NODES.kind:
      return {
        metadata: identity,
        spec: { podCIDRs: spec.podCIDRs },
        status: { addresses: status.addresses },
      };
    case SERVICES.kind:
      return { metadata: identity, spec, status: { loadBalancer: status.loadBalancer } };
    case ENDPOINT_SLICES.kind: {
      const { endpoints, ports, addressType } = object;
      return { metadata: identity, endpoints, ports, addressType };
    }
    case NAMESPACES.kind:
      return { metadata };
    default: {
      const { labels: _labels, ...owned } = identity;
      return { metadata: owned };
    }
  }
}

// biome-ignore lint/suspicious/noExplicitAny: containers as the API has them
function portsOf(containers: any): unknown {
  return containers?.map(({ name, ports }: { name: unknown; ports: unknown }) => ({ name, ports }));
}

// biome-ignore lint/suspicious/noExplicitAny: statuses of containers as the API has them
function statesOf(statuses: any): unknown {
  return statuses?.map(({ restartCount, state, lastState }: Record<string, unknown>) => ({
    restartCount,
    state,
    lastState,
  }));
}

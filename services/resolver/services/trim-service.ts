import type { KubernetesObject } from '../../runtime/kubernetes/kubernetes-object.ts';

/** A Service without what does not say where it is called. */
export function trimService({ metadata, spec, status }: KubernetesObject): KubernetesObject {
  const { uid, name, namespace, resourceVersion } = metadata;
  return {
    metadata: {
      uid,
      name,
      ...(namespace !== undefined && { namespace }),
      ...(resourceVersion !== undefined && { resourceVersion }),
    },
    spec: {
      clusterIP: spec?.clusterIP,
      clusterIPs: spec?.clusterIPs,
      externalIPs: spec?.externalIPs,
      ports: spec?.ports,
    },
    status: { loadBalancer: { ingress: status?.loadBalancer?.ingress } },
  };
}

import { DNS_ADDRESS } from './node-settings.ts';

export const DNS_IMAGE = 'localhost/coredns:1';
export const DNS_NAMESPACE = 'kube-system';

/** Answers for the cluster alone: nothing of it leads outside. */
const COREFILE = `.:53 {
  errors
  health
  ready
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    pods insecure
  }
  cache 30
}
`;

const metadata = { name: 'coredns', namespace: DNS_NAMESPACE };
const labels = { 'k8s-app': 'kube-dns' };
const read = (apiGroup: string, ...resources: readonly string[]): unknown => ({
  apiGroups: [apiGroup],
  resources,
  verbs: ['list', 'watch'],
});

/** What the cluster's DNS server consists of. */
export const DNS_OBJECTS: readonly unknown[] = [
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'coredns' },
    rules: [read('', 'services', 'pods', 'namespaces'), read('discovery.k8s.io', 'endpointslices')],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'coredns' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'coredns' },
    subjects: [{ kind: 'ServiceAccount', ...metadata }],
  },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { Corefile: COREFILE } },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: metadata.name,
          containers: [
            {
              name: 'coredns',
              image: DNS_IMAGE,
              args: ['-conf', '/etc/coredns/Corefile'],
              readinessProbe: { httpGet: { path: '/ready', port: 8181 }, periodSeconds: 1 },
              volumeMounts: [{ name: 'settings', mountPath: '/etc/coredns' }],
            },
          ],
          volumes: [{ name: 'settings', configMap: { name: metadata.name } }],
        },
      },
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kube-dns', namespace: DNS_NAMESPACE },
    spec: {
      clusterIP: DNS_ADDRESS,
      selector: labels,
      ports: [
        { name: 'dns', port: 53, protocol: 'UDP' },
        { name: 'dns-tcp', port: 53, protocol: 'TCP' },
      ],
    },
  },
];

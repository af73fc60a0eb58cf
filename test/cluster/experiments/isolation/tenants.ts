import type { Labels } from '../../../support/network-policy/label-selector.ts';
import type { NetworkPolicy, PolicyProtocol } from '../../../support/network-policy/network-policy.ts';

/** What every pod serves, by the names that policies may use. */
export const PORTS = {
  http: { protocol: 'TCP', port: 8080 },
  sql: { protocol: 'TCP', port: 5432 },
  dns: { protocol: 'UDP', port: 5353 },
} as const satisfies Readonly<Record<string, { readonly protocol: PolicyProtocol; readonly port: number }>>;

export type PortName = keyof typeof PORTS;

export const TENANTS: readonly {
  readonly namespace: string;
  readonly labels: Labels;
  readonly pods: readonly string[];
}[] = [
  { namespace: 'orders', labels: { tenant: 'orders' }, pods: ['web', 'api', 'db'] },
  { namespace: 'billing', labels: { tenant: 'billing' }, pods: ['web', 'api', 'db'] },
  { namespace: 'monitoring', labels: { role: 'monitoring' }, pods: ['scraper'] },
];

/** Outside of the cluster; all serve `http`. */
export const WORLD = { partner: '203.0.113.10', stranger: '203.0.113.200' } as const;

/** A rule of the packet filter in its place: what it drops is forbidden, and does not flow. */
export const FILTERED = { source: 'billing/web', destination: 'orders/db', port: 'sql' } as const;

const ORDERS: readonly NetworkPolicy[] = [
  policy('orders', 'default-deny', { podSelector: {}, policyTypes: ['Ingress'] }),
  policy('orders', 'web-for-all', {
    podSelector: { matchLabels: { app: 'web' } },
    ingress: [{ ports: [{ port: 8080 }] }],
  }),
  policy('orders', 'api-for-web', {
    podSelector: { matchLabels: { app: 'api' } },
    ingress: [{ from: [{ podSelector: { matchLabels: { app: 'web' } } }], ports: [{ port: 'http' }] }],
  }),
  policy('orders', 'db-for-api', {
    podSelector: { matchLabels: { app: 'db' } },
    ingress: [
      {
        from: [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['api'] }] } }],
        ports: [{ port: 'sql', protocol: 'TCP' }],
      },
    ],
  }),
  policy('orders', 'all-for-monitoring', {
    podSelector: {},
    ingress: [
      {
        from: [{ namespaceSelector: { matchLabels: { role: 'monitoring' } } }],
        ports: [{ port: 8000, endPort: 8090 }],
      },
    ],
  }),
];

const BILLING: readonly NetworkPolicy[] = [
  policy('billing', 'stay-inside', {
    podSelector: {},
    policyTypes: ['Egress'],
    egress: [
      { to: [{ podSelector: {} }] },
      {
        to: [{ ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.128/25'] } }],
        ports: [{ port: 8080 }],
      },
    ],
  }),
  policy('billing', 'web-for-names', {
    podSelector: { matchLabels: { app: 'web' } },
    ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ protocol: 'UDP', port: 'dns' }] }],
  }),
];

export const POLICIES = [...ORDERS, ...BILLING];

const ORDERS_PODS = ['orders/web', 'orders/api', 'orders/db'];
const SCRAPER = 'monitoring/scraper';
const OTHERS = [...ORDERS_PODS, SCRAPER];
const ALL = [...OTHERS, 'billing/web', 'billing/api', 'billing/db'];

/**
 * Who may call what, read from the policies by a person: the yardstick for what is concluded from them. Whatever is not
 * here is forbidden.
 */
export const MAY_CALL: Readonly<Record<string, Readonly<Partial<Record<PortName, readonly string[]>>>>> = {
  'orders/web': { http: OTHERS },
  'orders/api': { http: ['orders/web', SCRAPER] },
  'orders/db': { http: [SCRAPER], sql: ['orders/api'] },
  'billing/web': { dns: ALL },
  'billing/api': { http: ALL, sql: ALL, dns: ALL },
  'billing/db': { http: ALL, sql: ALL, dns: ALL },
  'monitoring/scraper': { http: OTHERS, sql: OTHERS, dns: OTHERS },
  partner: { http: ALL },
  stranger: { http: OTHERS },
};

function policy(namespace: string, name: string, spec: NetworkPolicy['spec']): NetworkPolicy {
  return { metadata: { namespace, name }, spec };
}

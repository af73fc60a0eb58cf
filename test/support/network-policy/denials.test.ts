import { describe, expect, test } from 'vitest';
import type { PolicyEnd, PolicyFlow } from './denials.ts';
import { denials } from './denials.ts';
import type { LabelSelector } from './label-selector.ts';
import type { NetworkPolicy, PolicyPeer, PolicyPort } from './network-policy.ts';

const NODE_IP = '10.240.1.2';

function pod(ip: string, namespace: string, app: string): PolicyEnd {
  return {
    ip,
    pod: {
      namespace,
      labels: { app, tier: app === 'web' ? 'front' : 'back' },
      namespaceLabels: { 'kubernetes.io/metadata.name': namespace, team: namespace },
      nodeIp: NODE_IP,
      ports: [
        { name: 'sql', protocol: 'TCP', port: 5432 },
        { name: 'dns', protocol: 'UDP', port: 53 },
      ],
    },
  };
}

const WEB = pod('10.244.0.2', 'red', 'web');
const DB = pod('10.244.1.2', 'red', 'db');
const OTHER = pod('10.244.0.3', 'blue', 'web');
const WORLD: PolicyEnd = { ip: '203.0.113.9' };

function flow(source: PolicyEnd, destination: PolicyEnd, port = 5432, protocol: 'TCP' | 'UDP' = 'TCP') {
  return { source, destination, port, protocol } satisfies PolicyFlow;
}

function policy(spec: NetworkPolicy['spec'], name = 'policy', namespace = 'red'): NetworkPolicy {
  return { metadata: { name, namespace }, spec };
}

const DB_ONLY: LabelSelector = { matchLabels: { app: 'db' } };

function ingressFrom(from: readonly PolicyPeer[], ports: readonly PolicyPort[] = []): NetworkPolicy {
  return policy({ podSelector: DB_ONLY, ingress: [{ from, ports }] });
}

function egressTo(to: readonly PolicyPeer[], ports: readonly PolicyPort[] = []): NetworkPolicy {
  return policy({ podSelector: {}, policyTypes: ['Egress'], egress: [{ to, ports }] });
}

interface Row {
  readonly name: string;
  readonly policies: readonly NetworkPolicy[];
  readonly allowed: readonly PolicyFlow[];
  readonly forbidden: readonly PolicyFlow[];
}

const ROWS: readonly Row[] = [
  { name: 'no policy', policies: [], allowed: [flow(OTHER, DB), flow(DB, WORLD)], forbidden: [] },
  {
    name: 'a policy without rules isolates what it selects, and nothing else',
    policies: [policy({ podSelector: DB_ONLY })],
    allowed: [flow(OTHER, WEB), flow(DB, WEB), flow(DB, WORLD)],
    forbidden: [flow(WEB, DB), flow(OTHER, DB), flow(WORLD, DB)],
  },
  {
    name: 'an empty selector selects all pods of its namespace',
    policies: [policy({ podSelector: {} })],
    allowed: [flow(WEB, OTHER)],
    forbidden: [flow(OTHER, WEB), flow(WEB, DB)],
  },
  {
    name: 'an empty rule allows all',
    policies: [policy({ podSelector: {}, ingress: [{}] })],
    allowed: [flow(OTHER, WEB), flow(WORLD, DB)],
    forbidden: [],
  },
  {
    name: 'a podSelector is of the namespace of the policy',
    policies: [ingressFrom([{ podSelector: { matchLabels: { app: 'web' } } }])],
    allowed: [flow(WEB, DB)],
    forbidden: [flow(OTHER, DB), flow(WORLD, DB)],
  },
  {
    name: 'a namespaceSelector takes all pods of the namespaces',
    policies: [ingressFrom([{ namespaceSelector: { matchLabels: { team: 'blue' } } }])],
    allowed: [flow(OTHER, DB)],
    forbidden: [flow(WEB, DB)],
  },
  {
    name: 'an empty namespaceSelector takes all namespaces, not the world',
    policies: [ingressFrom([{ namespaceSelector: {} }])],
    allowed: [flow(OTHER, DB), flow(WEB, DB)],
    forbidden: [flow(WORLD, DB)],
  },
  {
    name: 'both selectors in one peer must hold',
    policies: [
      ingressFrom([
        {
          namespaceSelector: { matchLabels: { team: 'blue' } },
          podSelector: { matchLabels: { app: 'db' } },
        },
      ]),
    ],
    allowed: [],
    forbidden: [flow(OTHER, DB), flow(WEB, DB)],
  },
  {
    name: 'in two peers, one of them',
    policies: [
      ingressFrom([
        { namespaceSelector: { matchLabels: { team: 'blue' } } },
        { podSelector: { matchLabels: { app: 'web' } } },
      ]),
    ],
    allowed: [flow(OTHER, DB), flow(WEB, DB)],
    forbidden: [flow(WORLD, DB)],
  },
  {
    name: 'what any policy allows is allowed',
    policies: [
      policy({ podSelector: {} }, 'deny'),
      ingressFrom([{ podSelector: { matchLabels: { app: 'web' } } }]),
    ],
    allowed: [flow(WEB, DB)],
    forbidden: [flow(DB, WEB), flow(OTHER, DB)],
  },
  {
    name: 'a port is of TCP unless it says another',
    policies: [ingressFrom([], [{ port: 53 }])],
    allowed: [flow(WEB, DB, 53)],
    forbidden: [flow(WEB, DB, 53, 'UDP'), flow(WEB, DB, 54)],
  },
  {
    name: 'a protocol without a port is all of its ports',
    policies: [ingressFrom([], [{ protocol: 'UDP' }])],
    allowed: [flow(WEB, DB, 1, 'UDP'), flow(WEB, DB, 9999, 'UDP')],
    forbidden: [flow(WEB, DB, 9999)],
  },
  {
    name: 'a range of ports has both its ends',
    policies: [ingressFrom([], [{ port: 8000, endPort: 8010 }])],
    allowed: [flow(WEB, DB, 8000), flow(WEB, DB, 8010)],
    forbidden: [flow(WEB, DB, 7999), flow(WEB, DB, 8011)],
  },
  {
    name: "a name of a port is that of the destination's containers",
    policies: [ingressFrom([], [{ port: 'sql' }, { port: 'dns', protocol: 'UDP' }])],
    allowed: [flow(WEB, DB, 5432), flow(WEB, DB, 53, 'UDP')],
    forbidden: [flow(WEB, DB, 53), flow(WEB, DB, 5432, 'UDP'), flow(WEB, DB, 80)],
  },
  {
    name: 'an ipBlock without its exceptions, of pods too',
    policies: [
      egressTo([
        { ipBlock: { cidr: '203.0.113.0/24', except: ['203.0.113.128/25'] } },
        { ipBlock: { cidr: '10.244.1.0/24' } },
      ]),
    ],
    allowed: [flow(WEB, WORLD), flow(WEB, DB), flow(OTHER, WEB)],
    forbidden: [flow(WEB, { ip: '203.0.113.129' }), flow(WEB, OTHER), flow(WEB, { ip: '2001:db8::1' })],
  },
  {
    name: 'an ipBlock of IPv6',
    policies: [egressTo([{ ipBlock: { cidr: '2001:db8::/32' } }])],
    allowed: [flow(WEB, { ip: '2001:db8:1::9' })],
    forbidden: [flow(WEB, { ip: '2001:db9::9' }), flow(WEB, WORLD)],
  },
  {
    name: 'egress by name of a port of the pod that is called',
    policies: [egressTo([{ namespaceSelector: {} }], [{ port: 'sql' }])],
    allowed: [flow(WEB, DB, 5432), flow(WEB, OTHER, 5432)],
    forbidden: [flow(WEB, DB, 80), flow(WEB, WORLD, 5432)],
  },
  {
    name: 'egress rules alone isolate ingress, too',
    policies: [policy({ podSelector: DB_ONLY, egress: [{}] })],
    allowed: [flow(DB, WORLD), flow(DB, WEB)],
    forbidden: [flow(WEB, DB)],
  },
  {
    name: 'policyTypes decide, whatever rules there are',
    policies: [policy({ podSelector: {}, policyTypes: ['Egress'], ingress: [] })],
    allowed: [flow(OTHER, WEB)],
    forbidden: [flow(WEB, OTHER)],
  },
  {
    name: 'a pod reaches itself, and its node reaches it',
    policies: [policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] })],
    allowed: [flow(WEB, WEB), flow({ ip: NODE_IP }, WEB), flow(WEB, { ip: NODE_IP })],
    forbidden: [flow({ ip: '10.240.2.2' }, WEB)],
  },
  ...(
    [
      ['In', ['web', 'api'], true],
      ['NotIn', ['web', 'api'], false],
      ['Exists', undefined, true],
      ['DoesNotExist', undefined, false],
    ] as const
  ).map(([operator, values, isWebAllowed]): Row => {
    const requirement = { key: 'app', operator, ...(values && { values }) };
    const flows = [flow(WEB, DB)];
    return {
      name: `an expression with ${operator}`,
      policies: [ingressFrom([{ podSelector: { matchExpressions: [requirement] } }])],
      allowed: isWebAllowed ? flows : [],
      forbidden: isWebAllowed ? [] : flows,
    };
  }),
  {
    name: 'NotIn and DoesNotExist hold for labels without the key',
    policies: [
      ingressFrom([
        {
          podSelector: {
            matchExpressions: [
              { key: 'zone', operator: 'NotIn', values: ['x'] },
              { key: 'zone', operator: 'DoesNotExist' },
            ],
          },
        },
      ]),
    ],
    allowed: [flow(WEB, DB)],
    forbidden: [],
  },
];

describe('connections that policies forbid', () => {
  test.each(ROWS)('$name', ({ policies, allowed, forbidden }) => {
    for (const each of allowed)
      expect({ each, denials: denials(each, policies) }).toEqual({ each, denials: [] });
    for (const each of forbidden)
      expect({ each, count: denials(each, policies).length }).not.toMatchObject({ count: 0 });
  });

  test('are told with the direction and the policies that isolate', () => {
    const out = policy({ podSelector: {}, policyTypes: ['Egress'] }, 'no-egress', 'blue');
    const deny = policy({ podSelector: {} }, 'deny');
    const database = ingressFrom([{ podSelector: {} }]);
    expect(denials(flow(OTHER, DB), [out, deny, database])).toEqual([
      { type: 'Egress', policies: ['blue/no-egress'] },
      { type: 'Ingress', policies: ['red/deny', 'red/policy'] },
    ]);
  });
});

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../services/runtime/kubernetes/kubernetes-object.ts';
import { MemoryObjectSource } from '../../services/runtime/kubernetes/memory-object-source.ts';
import type { ResourceKind } from '../../services/runtime/kubernetes/resource-kind.ts';
import {
  ENDPOINT_SLICES,
  JOBS,
  NODES,
  PODS,
  REPLICA_SETS,
  SERVICES,
} from '../../services/runtime/kubernetes/resource-kind.ts';
import type { TestDatabase } from './database.ts';
import { DATABASES, openDatabase } from './database.ts';
import { identify, nameOf } from './identity-query.ts';
import { nodeObject, ownedObject, podObject, serviceObject, sliceObject } from './kubernetes-objects.ts';
import { eventually, startAgent } from './running-agent.ts';

const CLUSTER: readonly (readonly [ResourceKind, KubernetesObject])[] = [
  [NODES, nodeObject('node-1', ['192.168.1.1', 'fd01::1'])],
  [REPLICA_SETS, ownedObject('ReplicaSet', 'web-5d4f', { kind: 'Deployment', name: 'web' })],
  [JOBS, ownedObject('Job', 'report-1', { kind: 'CronJob', name: 'report' })],
  [
    PODS,
    podObject('web-1', {
      ips: ['10.244.0.1', 'fd00::1'],
      labels: { 'app.kubernetes.io/name': 'web' },
      owner: { kind: 'ReplicaSet', name: 'web-5d4f', uid: 'ReplicaSet-web-5d4f' },
      initContainers: [{ name: 'flowtap-probe' }],
    }),
  ],
  [
    PODS,
    podObject('report-1-x', {
      ips: ['10.244.0.2'],
      owner: { kind: 'Job', name: 'report-1', uid: 'Job-report-1' },
    }),
  ],
  [PODS, podObject('alone', { ips: ['10.244.0.3'] })],
  [PODS, podObject('proxy-b', { ips: ['192.168.1.1'], hostNetwork: true })],
  [PODS, podObject('proxy-a', { ips: ['192.168.1.1'], hostNetwork: true })],
  [
    SERVICES,
    serviceObject(
      'web',
      {
        ...{ type: 'LoadBalancer', clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1', 'fd02::1'] },
        ...{
          externalIPs: ['203.0.113.9'],
          ports: [{ name: 'http', protocol: 'TCP', port: 80 }],
          selector: { app: 'web' },
        },
      },
      { loadBalancer: { ingress: [{ ip: '203.0.113.10' }, { hostname: 'lb.example.com' }] } },
    ),
  ],
  [SERVICES, serviceObject('dns', { type: 'LoadBalancer', clusterIP: 'None', externalIPs: ['203.0.113.9'] })],
  [SERVICES, serviceObject('edge', { clusterIP: '10.96.0.2', externalIPs: ['192.168.1.1'] })],
  [ENDPOINT_SLICES, sliceObject('web-a', 'web', ['web-1'])],
  [ENDPOINT_SLICES, sliceObject('web-b', 'web', ['web-1'], 8443)],
];

describe.each(DATABASES)('a mirrored cluster on %s', (name) => {
  let database: TestDatabase | string;
  let source: MemoryObjectSource;
  beforeEach(async () => {
    database = await openDatabase(name);
    source = new MemoryObjectSource();
    for (const [resource, object] of CLUSTER) source.apply(resource, object);
  }, 60_000);
  afterEach(async () => {
    if (typeof database !== 'string') await database?.close();
  });

  test('is told of by address', { timeout: 60_000 }, async (context) => {
    if (typeof database === 'string') return context.skip(database);
    const { sql } = database;
    const agent = await startAgent(sql, source);
    const nowMs = Date.now() + 1000;
    const table = [
      ['10.244.0.1', 'pod', 'web-1'],
      ['fd00::1', 'pod', 'web-1'],
      ['10.244.0.2', 'pod', 'report-1-x'],
      ['10.244.0.3', 'pod', 'alone'],
      ['192.168.1.1', 'node', 'node-1'],
      ['fd01::1', 'node', 'node-1'],
      ['10.96.0.1', 'service', 'web'],
      ['fd02::1', 'service', 'web'],
      ['203.0.113.10', 'service', 'web'],
      ['203.0.113.9', 'service', 'dns,web'],
      ['198.51.100.1', undefined, undefined],
    ] as const;
    const rows = await identify(
      sql,
      table.map(([address]) => [address, nowMs] as const),
    );
    expect(rows.map((row, index) => [table[index][0], row?.kind, nameOf(row)])).toEqual(table);
    const [web, , report, alone, node] = rows.map((row) => row?.identity);
    expect(web?.pods).toEqual([
      {
        ...{ uid: 'pod-web-1', namespace: 'shop', name: 'web-1', node: 'node-1' },
        labels: { 'app.kubernetes.io/name': 'web' },
        ...{ hostNetwork: false, monitored: true, workload: { kind: 'Deployment', name: 'web' } },
        services: [
          {
            ...{ namespace: 'shop', name: 'web', labels: { app: 'web' } },
            addresses: ['10.96.0.1', 'fd02::1', '203.0.113.9', '203.0.113.10'],
            ports: [
              { name: 'http', protocol: 6, port: 80, targetPort: 8080 },
              { name: 'http', protocol: 6, port: 80, targetPort: 8443 },
            ],
          },
        ],
      },
    ]);
    expect(web?.node).toEqual({
      uid: 'node-node-1',
      name: 'node-1',
      labels: { 'topology.kubernetes.io/zone': 'zone-a' },
    });
    expect(report?.pods[0].workload).toEqual({ kind: 'CronJob', name: 'report' });
    expect(alone?.pods[0].workload).toEqual({ kind: 'Pod', name: 'alone' });
    expect(node?.pods.map((pod) => [pod.name, pod.hostNetwork])).toEqual([
      ['proxy-a', true],
      ['proxy-b', true],
    ]);
    expect(node?.services.map((service) => service.name)).toEqual(['edge']);
    await agent.stop();
  });

  test('tells of changes, and keeps what was', { timeout: 60_000 }, async (context) => {
    if (typeof database === 'string') return context.skip(database);
    const { sql } = database;
    const agent = await startAgent(sql, source);
    const listening = new AbortController();
    const told = new Set<string>();
    await sql.listen(
      'flowtap_identity',
      (payload) => payload.split(',').map((each) => told.add(each)),
      listening.signal,
      () => undefined,
    );
    const beforeMs = Date.now();
    await eventually(async () => Date.now() > beforeMs);
    source.apply(PODS, podObject('alone', { ips: ['10.244.0.3'], labels: { tier: 'new' } }));
    source.remove(PODS, 'pod-report-1-x');
    source.apply(ENDPOINT_SLICES, sliceObject('web-b', 'web', [], 8443));
    await eventually(async () =>
      ['10.244.0.1', '10.244.0.2', '10.244.0.3'].every((address) => told.has(address)),
    );
    listening.abort();
    const labels = async (atMs: number) =>
      (await identify(sql, [['10.244.0.3', atMs]]))[0]?.identity.pods[0].labels;
    expect(await labels(beforeMs)).toEqual({});
    expect(await labels(Date.now() + 5)).toEqual({ tier: 'new' });
    const [gone, was, web] = await identify(sql, [
      ['10.244.0.2', Date.now() + 5],
      ['10.244.0.2', Date.parse('2026-03-01T10:00:00Z')],
      ['10.244.0.1', Date.now() + 5],
    ]);
    expect(gone).toBeUndefined();
    expect(was).toBeUndefined();
    expect(web?.identity.pods[0].services[0].ports.map(({ targetPort }) => targetPort)).toEqual([8080]);
    await agent.stop();
  });

  test('is never without names while the agent starts again, and loses what went meanwhile', {
    timeout: 60_000,
  }, async (context) => {
    if (typeof database === 'string') return context.skip(database);
    const { sql } = database;
    const first = await startAgent(sql, source);
    await eventually(
      async () => (await sql.query<{ at: Date | null }>('select identity_horizon() as at'))[0].at !== null,
    );
    await first.stop();
    source.remove(PODS, 'pod-alone');
    source.apply(PODS, podObject('late', { ips: ['10.244.0.4'] }));
    let names: (string | undefined)[] = [];
    let isDone = false;
    const watching = (async () => {
      while (!isDone) {
        names.push(nameOf((await identify(sql, [['10.244.0.1', Date.now()]]))[0]));
        // PGlite answers without the event loop, and everything else would wait.
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const second = await startAgent(sql, source);
    isDone = true;
    await watching;
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((each) => each !== 'web-1')).toEqual([]);
    names = (
      await identify(sql, [
        ['10.244.0.3', Date.now()],
        ['10.244.0.4', Date.now() + 5],
      ])
    ).map(nameOf);
    expect(names).toEqual([undefined, 'late']);
    await second.stop();
  });

  test('is written by the one that began last', { timeout: 60_000 }, async (context) => {
    if (typeof database === 'string') return context.skip(database);
    const { sql } = database;
    const first = await startAgent(sql, source, 'first');
    const second = await startAgent(sql, source, 'second');
    source.apply(PODS, podObject('late', { ips: ['10.244.0.4'] }));
    await expect(first.ended).rejects.toMatchObject({ code: 'NOT_THE_WRITER' });
    await eventually(
      async () => nameOf((await identify(sql, [['10.244.0.4', Date.now() + 5]]))[0]) === 'late',
    );
    await second.stop();
  });
});

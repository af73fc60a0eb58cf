import { describe, expect, test } from 'vitest';
import { SCTP, TCP, UDP } from '../../../services/core/protocol.ts';
import { ServiceIndex } from '../../../services/resolver/services/service-index.ts';
import { trimService } from '../../../services/resolver/services/trim-service.ts';
import type { KubernetesObject } from '../../../services/runtime/kubernetes/kubernetes-object.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';

const object = (name: string, spec: object, status: object = {}): KubernetesObject =>
  trimService({ metadata: { uid: `uid-${name}`, name, namespace: 'shop' }, spec, status });
const ports = [{ port: 80 }, { port: 53, protocol: 'UDP', nodePort: 30_053 }, { port: 90, protocol: 'SCTP' }];
const upsert = (service: KubernetesObject) => ({ type: 'upsert', object: service }) as const;
const named = (name: string, port: number) => ({ namespace: 'shop', name, port });

describe('ServiceIndex', () => {
  test.each([
    ['a ClusterIP', { clusterIPs: ['10.96.0.1', 'fd00:96:0::1'] }, {}, TCP, '10.96.0.1', 80, 80],
    [
      'an IPv6 ClusterIP, however it is written',
      { clusterIPs: ['10.96.0.1', 'fd00:96:0::1'] },
      {},
      TCP,
      'fd00:96::1',
      80,
      80,
    ],
    ['an old ClusterIP', { clusterIP: '10.96.0.1' }, {}, UDP, '10.96.0.1', 53, 53],
    ['an external IP', { externalIPs: ['192.0.2.1'] }, {}, SCTP, '192.0.2.1', 90, 90],
    [
      'a load balancer',
      {},
      { loadBalancer: { ingress: [{ hostname: 'x' }, { ip: '192.0.2.2' }] } },
      TCP,
      '192.0.2.2',
      80,
      80,
    ],
    ['a node port', { clusterIP: 'None' }, {}, UDP, '172.16.0.1', 30_053, 53],
    ['another port', { clusterIP: '10.96.0.1' }, {}, TCP, '10.96.0.1', 81, undefined],
    ['another protocol', { clusterIP: '10.96.0.1' }, {}, UDP, '10.96.0.1', 80, undefined],
    ['another protocol of a node port', {}, {}, TCP, '172.16.0.1', 30_053, undefined],
    [
      'nothing as it should be',
      { clusterIPs: 7, externalIPs: [null, {}], ports: [null, { port: 'x' }] },
      { loadBalancer: { ingress: [null] } },
      TCP,
      '10.96.0.1',
      80,
      undefined,
    ],
  ] as const)('finds %s', (_what, spec, status, protocol, ip, port, servicePort) => {
    const index = new ServiceIndex(new ManualClock());
    index.apply(upsert(object('web', { ports, ...spec }, status)));
    expect(index.find(protocol, ip, port)).toEqual(servicePort && named('web', servicePort));
  });

  test('a list takes the place of all; what is gone is remembered for an hour', () => {
    const clock = new ManualClock();
    const index = new ServiceIndex(clock);
    expect(index.isSynced).toBe(false);
    index.apply(upsert(object('old', { clusterIP: '10.96.0.1', ports })));
    index.apply({
      type: 'replace',
      objects: [object('new', { clusterIP: '10.96.0.2', ports })],
      resourceVersion: '1',
    });
    expect(index.isSynced).toBe(true);
    expect(index.serviceCount).toBe(1);
    expect(index.find(TCP, '10.96.0.1', 80)).toEqual(named('old', 80));
    clock.advance(3_600_001);
    index.apply(upsert(object('other', { clusterIP: '10.96.0.3', ports })));
    expect(index.find(TCP, '10.96.0.1', 80)).toBeUndefined();
    expect(index.find(TCP, '10.96.0.2', 80)).toEqual(named('new', 80));
  });

  test('an address belongs to the service that has it now', () => {
    const index = new ServiceIndex(new ManualClock());
    const first = object('first', { clusterIP: '10.96.0.1', ports });
    index.apply(upsert(first));
    index.apply({ type: 'delete', object: first });
    index.apply(upsert(object('second', { clusterIP: '10.96.0.1', ports })));
    index.apply({ type: 'delete', object: first });
    expect(index.find(TCP, '10.96.0.1', 80)).toEqual(named('second', 80));
    expect(index.serviceCount).toBe(1);
  });

  test('a changed service has its new ports', () => {
    const index = new ServiceIndex(new ManualClock());
    index.apply(upsert(object('web', { clusterIP: '10.96.0.1', ports: [{ port: 80 }] })));
    index.apply(upsert(object('web', { clusterIP: '10.96.0.1', ports: [{ port: 81 }] })));
    expect(index.find(TCP, '10.96.0.1', 81)).toEqual(named('web', 81));
  });

  test('reads a list of a large cluster in a time that grows with it', () => {
    const index = new ServiceIndex(new ManualClock());
    const objects = Array.from({ length: 10_000 }, (_, at) =>
      object(`web-${at}`, { clusterIP: `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`, ports }),
    );
    const startMs = performance.now();
    index.apply({ type: 'replace', objects, resourceVersion: '1' });
    expect(performance.now() - startMs).toBeLessThan(1000);
    expect(index.serviceCount).toBe(10_000);
  });

  test('says when an address that was asked for gets its service', () => {
    const index = new ServiceIndex(new ManualClock());
    const web = object('web', { clusterIP: '10.96.0.1', ports });
    index.find(TCP, '10.96.0.2', 80);
    expect(index.apply(upsert(web))).toBe(false);
    expect(index.apply(upsert(object('other', { clusterIP: '10.96.0.2', ports })))).toBe(true);
    expect(index.apply(upsert(object('other', { clusterIP: '10.96.0.2', ports })))).toBe(false);
    expect(index.apply({ type: 'bookmark', resourceVersion: '2' })).toBe(false);
  });
});

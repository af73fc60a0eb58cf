import { describe, expect, test } from 'vitest';
import { cutDown, project } from '../../services/kubeagent/projection.ts';
import { isoTime } from '../../services/kubeagent/stored-object.ts';
import { ENDPOINT_SLICES, NODES, PODS, SERVICES } from '../../services/runtime/kubernetes/resource-kind.ts';
import { nodeObject, podObject, serviceObject, sliceObject } from './kubernetes-objects.ts';

const AT_MS = Date.parse('2026-03-01T12:00:00.500Z');
const LIVE = { atMs: AT_MS, isLive: true, isGone: false };
const LISTED = { atMs: AT_MS, isLive: false, isGone: false };
const DELETED = { atMs: AT_MS, isLive: true, isGone: true };

/** 2026-03-01, at this time of the day. */
function time(clock: string): string {
  return `2026-03-01T${clock}Z`;
}

const RUNNING = { restartCount: 0, state: { running: { startedAt: time('11:00:05') } } };
const ENDED = {
  restartCount: 0,
  state: { terminated: { startedAt: time('11:00:05'), finishedAt: time('11:59:58') } },
};
const READY = {
  conditions: [{ type: 'PodReadyToStartContainers', status: 'True', lastTransitionTime: time('11:00:02') }],
};
const ASKED_TO_GO = { deletionTimestamp: time('12:00:20'), deletionGracePeriodSeconds: 30 };

describe('when a pod had its address', () => {
  test.each([
    {
      pod: 'that was just told of',
      status: {},
      sighting: LIVE,
      times: {
        validFrom: time('12:00:00.500'),
        validTo: null,
        namedFrom: time('09:00:00.000'),
        claimTo: null,
      },
    },
    {
      pod: 'in a list: nobody says who was there before',
      status: {},
      sighting: LISTED,
      times: {
        validFrom: time('12:00:00.500'),
        namedFrom: time('12:00:00.500'),
        claimFrom: time('09:00:00.000'),
      },
    },
    {
      pod: 'whose network was ready a while ago',
      status: READY,
      sighting: LISTED,
      times: { validFrom: time('11:00:03.000'), validTo: null },
    },
    {
      pod: 'whose container runs',
      status: { containerStatuses: [RUNNING] },
      sighting: LISTED,
      times: { validFrom: time('11:00:06.000'), validTo: null },
    },
    {
      pod: 'that started again: it may have had another address before',
      status: { ...READY, containerStatuses: [{ ...RUNNING, restartCount: 2 }] },
      sighting: LIVE,
      times: { validFrom: time('11:00:06.000'), namedFrom: time('11:00:06.000') },
    },
    {
      pod: 'that is asked to go: sure until then',
      status: { containerStatuses: [RUNNING] },
      metadata: ASKED_TO_GO,
      sighting: LIVE,
      times: { validTo: time('11:59:50.000'), claimTo: null },
    },
    {
      pod: 'that was asked to go, and whose container ended later',
      status: { containerStatuses: [ENDED] },
      metadata: ASKED_TO_GO,
      sighting: LIVE,
      times: { validTo: time('11:59:58.000'), claimTo: time('11:59:59.000') },
    },
    {
      pod: 'that is done: when it is deleted says nothing',
      status: { phase: 'Succeeded', containerStatuses: [ENDED] },
      metadata: { deletionTimestamp: time('12:00:00'), deletionGracePeriodSeconds: 0 },
      sighting: DELETED,
      times: { validTo: time('11:59:58.000'), claimTo: time('11:59:59.000') },
    },
    {
      pod: 'that failed, and nobody saw how',
      status: {
        phase: 'Failed',
        containerStatuses: [
          { state: { terminated: { finishedAt: time('11:59:58'), reason: 'ContainerStatusUnknown' } } },
        ],
      },
      sighting: LIVE,
      times: { validTo: time('09:00:00.000'), claimTo: null },
    },
    {
      pod: 'that was thrown out at once: it may still run',
      status: { containerStatuses: [RUNNING] },
      metadata: { deletionTimestamp: time('12:00:00'), deletionGracePeriodSeconds: 0 },
      sighting: DELETED,
      times: { validTo: time('12:00:00.000'), claimTo: time('12:01:00.500') },
    },
    {
      pod: 'that is gone without a word',
      status: { containerStatuses: [RUNNING] },
      sighting: DELETED,
      times: { validTo: time('11:59:59.500'), claimTo: time('12:01:00.500') },
    },
    {
      pod: 'that is gone without a word, which may have come late',
      status: { containerStatuses: [RUNNING] },
      sighting: { ...DELETED, delayMs: 3000 },
      times: { validTo: time('11:59:57.500'), claimTo: time('12:01:00.500') },
    },
  ])('$pod', ({ status, metadata, sighting, times }) => {
    const pod = podObject('a', { ips: ['10.0.0.1'], status, ...(metadata && { metadata }) });
    const stored = project(PODS, cutDown(pod, PODS), sighting, 0);
    expect(stored).toMatchObject(times);
    expect(stored.until).toBe(sighting.isGone ? isoTime(AT_MS) : null);
  });

  test('clocks may differ: less is sure, more is possible', () => {
    const pod = podObject('a', { ips: ['10.0.0.1'], metadata: ASKED_TO_GO, status: READY });
    expect(project(PODS, pod, LIVE, 100)).toMatchObject({
      ...{ validFrom: time('11:00:03.100'), validTo: time('11:59:49.900'), claimFrom: time('08:59:59.900') },
    });
  });
});

test('a pod with host network claims no address', () => {
  expect(
    project(PODS, podObject('a', { ips: ['192.168.1.1'], hostNetwork: true }), LIVE, 0).addresses,
  ).toBeNull();
});

test('a pod keeps what names need, cut down or not', () => {
  const pod = podObject('a', {
    ...{ ips: ['10.0.0.1', 'fd00::1'], labels: { app: 'a' } },
    owner: { kind: 'ReplicaSet', name: 'a-1', uid: 'rs' },
    initContainers: [{ name: 'flowtap-probe', ports: [{ containerPort: 9 }] }],
    containers: [
      { name: 'app', image: 'app:1', ports: [{ containerPort: 53, protocol: 'UDP' }, { containerPort: 80 }] },
    ],
  });
  const { data } = project(PODS, pod, LIVE, 0);
  expect(data).toEqual({
    ...{ labels: { app: 'a' }, node: 'node-1', phase: 'Running', hostNetwork: false, monitored: true },
    addresses: ['10.0.0.1', 'fd00::1'],
    ports: [
      { protocol: 17, port: 53 },
      { protocol: 6, port: 80 },
    ],
    owner: { kind: 'ReplicaSet', name: 'a-1', uid: 'rs' },
  });
  expect(project(PODS, cutDown(pod, PODS), LIVE, 0).data).toEqual(data);
});

test('a static pod has no owner but itself', () => {
  const pod = podObject('a', { owner: { kind: 'Node', name: 'node-1', uid: 'n' } });
  expect(project(PODS, pod, LIVE, 0).data).not.toHaveProperty('owner');
});

test('a service has all its addresses, and no names', () => {
  const service = serviceObject(
    'web',
    {
      type: 'LoadBalancer',
      clusterIP: '10.96.0.1',
      clusterIPs: ['10.96.0.1'],
      externalIPs: ['203.0.113.1'],
      ports: [{ port: 53, protocol: 'UDP' }],
    },
    { loadBalancer: { ingress: [{ ip: '203.0.113.2' }, { hostname: 'lb.example.com' }] } },
  );
  const stored = project(SERVICES, cutDown(service, SERVICES), LIVE, 0);
  expect(stored.addresses).toEqual(['10.96.0.1', '203.0.113.1', '203.0.113.2']);
  expect(stored.data).toMatchObject({ ports: [{ name: '', protocol: 17, port: 53 }], hasSelector: false });
  expect(project(SERVICES, serviceObject('web', { clusterIP: 'None' }), LIVE, 0).addresses).toEqual([]);
});

test('a slice has the pods behind its service', () => {
  const slice = sliceObject('web-a', 'web', ['a', 'b']);
  expect(project(ENDPOINT_SLICES, cutDown(slice, ENDPOINT_SLICES), LIVE, 0).members).toEqual(
    ['pod-a', 'pod-b'].map((podUid) => ({
      ...{ podUid, namespace: 'shop', service: 'web' },
      ports: [{ name: 'http', protocol: 6, port: 8080 }],
    })),
  );
});

test('a node keeps the labels that say where it is', () => {
  const node = nodeObject('node-1', ['192.168.1.1', 'node-1.example.com']);
  expect(project(NODES, cutDown(node, NODES), LIVE, 0)).toMatchObject({
    addresses: ['192.168.1.1'],
    data: { labels: { 'topology.kubernetes.io/zone': 'zone-a' }, podCidrs: ['10.244.0.0/24'] },
  });
});

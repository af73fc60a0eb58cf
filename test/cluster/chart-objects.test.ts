import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CHART_CASES } from '../fixtures/chart-cases.ts';
import { FOREIGN_KINDS } from '../fixtures/foreign-kinds.ts';
import type { ControlPlane } from '../servers/control-plane.ts';
import {
  CONTROL_PLANE_START_MS,
  controlPlaneUnavailable,
  startControlPlane,
} from '../servers/control-plane.ts';
import { kubernetesUnavailable } from '../servers/kubernetes-programs.ts';
import { chartObjects, NAMESPACE, podSpecOf, renderedChart } from './helm.ts';

const unavailable = controlPlaneUnavailable() ?? kubernetesUnavailable('helm');

let plane: ControlPlane;

beforeEach((context) => context.skip(unavailable !== undefined, unavailable));

beforeAll(async () => {
  if (unavailable !== undefined) return;
  plane = await startControlPlane();
  for (const kind of FOREIGN_KINDS) plane.kubectl(['create', '-f', '-'], JSON.stringify(kind));
  plane.kubectl(['wait', 'crd', '--all', '--for=condition=Established', '--timeout=60s']);
  // Those of `helm test`, which a dry run would not make.
  for (const name of [NAMESPACE, 'flowtap-check', 'taps-check', 'shop'])
    plane.kubectl(['create', 'namespace', name]);
  plane.kubectl(['create', 'namespace', 'restricted']);
  plane.kubectl(['label', 'namespace', 'restricted', 'pod-security.kubernetes.io/enforce=restricted']);
}, CONTROL_PLANE_START_MS);

afterAll(() => plane?.stop());

test.each(CHART_CASES)(
  'the API server takes all objects of $name, and knows all their fields',
  ({ values }) => {
    const text = renderedChart({ values });
    const apply = [
      'apply',
      '--server-side',
      '--dry-run=server',
      '--validate=strict',
      '-o',
      'name',
      '-f',
      '-',
    ];
    const taken = plane.kubectl(apply, text).trim().split('\n');
    expect(taken).toHaveLength(chartObjects({ values }).length);
  },
);

test.each(CHART_CASES)('pods of $name that need no privileges have none', ({ values }) => {
  const refused = chartObjects({ values }).flatMap((object) => {
    const spec = podSpecOf(object);
    if (spec === undefined) return [];
    const metadata = { name: 'pod', namespace: 'restricted' };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...spec, restartPolicy: undefined } };
    try {
      plane.kubectl(['create', '--dry-run=server', '-f', '-'], JSON.stringify(pod));
      return [];
    } catch (error) {
      expect(String(error)).toContain('violates PodSecurity "restricted:latest"');
      return [object.metadata.name];
    }
  });
  const inNetworkOfNode = chartObjects({ values })
    .filter((object) => podSpecOf(object)?.hostNetwork === true)
    .map(({ metadata }) => metadata.name);
  expect(refused).toEqual(inNetworkOfNode);
});

describe('what each service may', () => {
  beforeAll(() => {
    if (unavailable !== undefined) return;
    const rules = chartObjects({ values: ['minimal.yaml'] }).filter(({ apiVersion }) =>
      apiVersion.startsWith('rbac.authorization.k8s.io'),
    );
    plane.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items: rules }));
  });

  const own = `--namespace=${NAMESPACE}`;
  const elsewhere = '--namespace=shop';
  const everywhere = '--all-namespaces';

  /** Who, may or may not, what, where. */
  const RIGHTS: readonly (readonly [service: string, 'may' | 'may not', what: string, where: string])[] = [
    ['webhook', 'may', 'get,list,watch namespaces', everywhere],
    ['webhook', 'may', 'get,list pods', everywhere],
    ['webhook', 'may', 'create events', elsewhere],
    [
      'webhook',
      'may',
      'get,list,watch,patch,update mutatingwebhookconfigurations/flowtap-webhook',
      everywhere,
    ],
    ['webhook', 'may', 'get,list,watch,update secrets/flowtap-authority', own],
    ['webhook', 'may', 'get,list,watch,update secrets/flowtap-webhook-tls', own],
    ['webhook', 'may', 'get,list,watch,update secrets/flowtap-enrichment-tls', own],
    ['webhook', 'may', 'create secrets', own],
    ['webhook', 'may', 'create leases.coordination.k8s.io', own],
    ['webhook', 'may', 'get,update leases.coordination.k8s.io/flowtap-webhook', own],
    ['webhook', 'may not', 'list,watch mutatingwebhookconfigurations', everywhere],
    ['webhook', 'may not', 'get,patch mutatingwebhookconfigurations/another', everywhere],
    ['webhook', 'may not', 'create,delete mutatingwebhookconfigurations/flowtap-webhook', everywhere],
    ['webhook', 'may not', 'get,list,watch secrets', own],
    ['webhook', 'may not', 'get secrets/database', own],
    ['webhook', 'may not', 'get,create secrets', elsewhere],
    ['webhook', 'may not', 'update leases.coordination.k8s.io/flowtap-kubeagent', own],
    ['webhook', 'may not', 'create,patch,delete pods', everywhere],
    ['webhook', 'may not', 'patch namespaces', everywhere],
    ['kubeagent', 'may', 'list,watch namespaces', everywhere],
    ['kubeagent', 'may', 'list,watch nodes', everywhere],
    ['kubeagent', 'may', 'list,watch pods', everywhere],
    ['kubeagent', 'may', 'list,watch services', everywhere],
    ['kubeagent', 'may', 'list,watch replicasets.apps', everywhere],
    ['kubeagent', 'may', 'list,watch jobs.batch', everywhere],
    ['kubeagent', 'may', 'list,watch endpointslices.discovery.k8s.io', everywhere],
    ['kubeagent', 'may', 'get,update leases.coordination.k8s.io/flowtap-kubeagent', own],
    ['kubeagent', 'may', 'create leases.coordination.k8s.io', own],
    ['kubeagent', 'may not', 'get,list secrets', own],
    ['kubeagent', 'may not', 'list configmaps', everywhere],
    ['kubeagent', 'may not', 'update leases.coordination.k8s.io/flowtap-webhook', own],
    ['kubeagent', 'may not', 'create,patch pods', everywhere],
    ['resolver', 'may', 'list,watch services', everywhere],
    ['resolver', 'may not', 'list pods', everywhere],
    ['resolver', 'may not', 'update services', everywhere],
    ['resolver', 'may not', 'get,list secrets', own],
    ['enrichment', 'may', 'create tokenreviews.authentication.k8s.io', everywhere],
    ['enrichment', 'may not', 'create subjectaccessreviews.authorization.k8s.io', everywhere],
    ['enrichment', 'may not', 'list pods', everywhere],
    ['enrichment', 'may not', 'get,list secrets', own],
    ['setup', 'may not', 'list pods', everywhere],
    ['check', 'may', 'create pods', '--namespace=flowtap-check'],
    ['check', 'may not', 'create pods', elsewhere],
    ['check', 'may not', 'get pods', '--namespace=flowtap-check'],
  ];

  test.each(RIGHTS)('%s %s %s %s', (service, may, what, where) => {
    const account = `system:serviceaccount:${NAMESPACE}:flowtap-${service}`;
    const [verbs, resource] = what.split(' ');
    const [type, name] = resource.split('/');
    const attributes = {
      ...resourceOf(type),
      ...(name !== undefined && { name }),
      ...(where !== everywhere && { namespace: where.replace('--namespace=', '') }),
    };
    for (const verb of verbs.split(',')) {
      const answer = plane.kubectl(
        ['create', '-f', '-', '-o', 'jsonpath={.status.allowed}'],
        JSON.stringify({
          apiVersion: 'authorization.k8s.io/v1',
          kind: 'SubjectAccessReview',
          spec: { user: account, resourceAttributes: { verb, ...attributes } },
        }),
      );
      expect(`${verb}: ${answer === 'true'}`).toBe(`${verb}: ${may === 'may'}`);
    }
  });
});

/** `leases.coordination.k8s.io` */
function resourceOf(type: string): { readonly resource: string; readonly group: string } {
  const [resource, ...group] = type.split('.');
  const isOfAdmission = resource === 'mutatingwebhookconfigurations';
  return { resource, group: isOfAdmission ? 'admissionregistration.k8s.io' : group.join('.') };
}

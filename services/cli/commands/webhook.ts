import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../../runtime/clock.ts';
import type { ConfigOf } from '../../runtime/config.ts';
import { connectKubernetes } from '../../runtime/kubernetes/connect.ts';
import { LeaseElection } from '../../runtime/kubernetes/lease-election.ts';
import { ListWatch } from '../../runtime/kubernetes/list-watch.ts';
import type { ListWatchState } from '../../runtime/kubernetes/list-watch-observer.ts';
import { ListWatchStates } from '../../runtime/kubernetes/list-watch-observer.ts';
import { NAMESPACES } from '../../runtime/kubernetes/resource-kind.ts';
import type { MetricsOf } from '../../runtime/metrics.ts';
import { runTogether } from '../../runtime/run-together.ts';
import { createAdmissionApp } from '../../webhook/admission/admission-app.ts';
import { startAdmissionServer } from '../../webhook/admission/admission-server.ts';
import { sidecarOfCluster } from '../../webhook/admission/cluster-version.ts';
import { decisionEvent } from '../../webhook/admission/decision-event.ts';
import { NamespaceStore } from '../../webhook/admission/namespace-store.ts';
import { ObjectEvents } from '../../webhook/object-events.ts';
import { RECONCILE_METRICS } from '../../webhook/reconcile/reconcile-metrics.ts';
import { Reconciler } from '../../webhook/reconcile/reconciler.ts';
import { WEBHOOK_METRICS } from '../../webhook/webhook-metrics.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT_SUCCESS } from '../exit-codes.ts';
import { startService } from '../service.ts';
import { CurrentRules } from '../webhook/current-rules.ts';
import { openCertificates } from '../webhook/open-certificates.ts';
import type { WEBHOOK_SETTINGS } from './webhook-settings.ts';

export type WebhookConfig = ConfigOf<typeof WEBHOOK_SETTINGS>;

/** `flowtap webhook`: answers the API server about new pods, until the signal. */
export async function runWebhookCommand(config: WebhookConfig, context: CommandContext): Promise<number> {
  const { clock, signal, version } = context;
  const kubernetes = connectKubernetes({
    kubeconfig: config.kubeconfig,
    context: config.context,
    userAgent: `flowtap-webhook/${version}`,
  });
  const { api, server: apiServer } = kubernetes;
  const namespace = config.namespace ?? kubernetes.namespace;
  const service = await startService('webhook', config, context);
  const { log, readiness } = service;
  try {
    const identity = `${hostname()}_${randomBytes(4).toString('hex')}`;
    const metrics = service.metrics.define(WEBHOOK_METRICS);
    const states = new ListWatchStates(clock);
    const source = new ListWatch({ api, clock, log, observer: states });
    const namespaces = new NamespaceStore({ source, api, onLookup: () => metrics.namespaceLookups.add(1) });
    showNamespaces(metrics, namespaces, states.of(NAMESPACES), clock);
    const certificates = openCertificates(config, {
      ...{ kubernetes, source, clock, log, namespace, identity },
      metrics: service.metrics,
    });
    const sidecar = config.sidecar === 'auto' ? await sidecarOfCluster(api, signal) : config.sidecar;
    const current = new CurrentRules({
      ...{ config, clock, log },
      context: { trigger: config.trigger, sidecar, ownNamespace: namespace },
      bundlePem: () => certificates.bundlePem,
    });
    certificates.onChange(() => current.update());
    const events = new ObjectEvents({ api, clock, log, count: metrics.events, instance: identity });
    const reconciler = new Reconciler({
      ...{ api, clock, log, namespaces, events },
      rules: () => current.rules,
      metrics: service.metrics.define(RECONCILE_METRICS),
      intervalMs: config.reconcileIntervalMs,
    });
    const election = new LeaseElection({
      ...{ api, clock, log, namespace, identity },
      name: `${config.leaseName}-reconciler`,
    });
    readiness.add('certificate', () => certificates.readiness());
    readiness.add('namespaces', () => (namespaces.isListed ? undefined : 'not listed yet'));
    const app = createAdmissionApp({
      ...{ namespaces, metrics, log, signal },
      rules: () => current.rules,
      onDecision: ({ pod, namespace: ofPod }, decision) => {
        const event = decisionEvent(pod, ofPod, decision);
        if (event !== undefined) events.add(event);
      },
    });
    const server = await startAdmissionServer({
      ...{ app, certificates },
      address: config.listen,
      graceMs: config.shutdownGraceMs,
    });
    log.info(
      { apiServer, namespace, sidecar, 'server.port': server.address.port },
      'admissions are answered',
    );
    try {
      await runTogether(signal, [
        (ending) => certificates.run(ending),
        (ending) => namespaces.run(ending),
        (ending) => events.run(ending),
        (ending) => current.run(ending),
        (ending) => election.run((leading) => reconciler.run(leading), ending),
      ]);
    } finally {
      await server.close();
    }
  } finally {
    api.close();
    await service.close();
  }
  return EXIT_SUCCESS;
}

function showNamespaces(
  metrics: MetricsOf<typeof WEBHOOK_METRICS>,
  namespaces: NamespaceStore,
  state: Readonly<ListWatchState>,
  clock: Clock,
): void {
  metrics.namespaces.read(() => namespaces.size);
  metrics.watchFailures.read(() => state.failures);
  metrics.watchAge.read(() =>
    state.lastProgressMs === undefined ? 0 : (clock.now() - state.lastProgressMs) / 1000,
  );
}

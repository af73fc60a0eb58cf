import type { Clock } from '../runtime/clock.ts';
import type { ListenAddress } from '../runtime/listen-address.ts';
import type { Logger } from '../runtime/logger.ts';
import type { Readiness } from '../runtime/readiness.ts';
import type { TlsFiles } from '../runtime/server-tls.ts';
import { DeadLetteringIndex } from './index/dead-lettering-index.ts';
import type { DocumentIndex } from './index/document-index.ts';
import type { IndexMetrics } from './index/index-metrics.ts';
import type { Authenticator } from './receive/authenticator.ts';
import type { EventEnricher } from './receive/flow-receiver.ts';
import { FlowReceiver } from './receive/flow-receiver.ts';
import type { FlowServer } from './receive/flow-server.ts';
import { startFlowServer } from './receive/flow-server.ts';
import { InFlightBytes } from './receive/in-flight.ts';
import { ProbeLosses } from './receive/probe-losses.ts';
import type { ReceiveMetrics } from './receive/receive-metrics.ts';
import { SenderRate } from './receive/sender-rate.ts';

export interface EnrichmentLimits {
  readonly maxBodyBytes: number;
  readonly maxLines: number;
  readonly maxLineBytes: number;
  readonly maxInFlightBytes: number;
  readonly maxConnections: number;
  /** Undefined: as many as come. */
  readonly maxEventsPerSecond: number | undefined;
  readonly requestTimeoutMs: number;
  /** For what has begun, when it stops. */
  readonly graceMs: number;
}

export interface EnrichmentOptions {
  readonly address: ListenAddress;
  readonly tls?: TlsFiles | undefined;
  readonly limits: EnrichmentLimits;
  readonly authenticator: Authenticator;
  readonly enricher: EventEnricher;
  /** Closed with the service. */
  readonly index: DocumentIndex;
  readonly cluster: string | undefined;
  /** Namespace of the data streams. */
  readonly namespace: string;
  readonly receiveMetrics: ReceiveMetrics;
  readonly indexMetrics: IndexMetrics;
  readonly readiness: Readiness;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface RunningEnrichment {
  /** Where flows are taken, with the port it got. */
  readonly address: ListenAddress;
  /** Answers what has begun, then closes the index. May be called twice. */
  close(): Promise<void>;
}

/** Probes whose counters, and senders whose rate, are remembered. */
const MAX_SENDERS = 20_000;

/**
 * Receive, enrich, index: the way of every record from a probe to the index. Throws a FlowtapError LISTEN_FAILED or
 * TLS_FILES_INVALID.
 */
export async function startEnrichment(options: EnrichmentOptions): Promise<RunningEnrichment> {
  const { limits, clock, log, readiness, namespace } = options;
  const index = new DeadLetteringIndex({
    index: options.index,
    namespace,
    metrics: options.indexMetrics,
    clock,
    log,
  });
  const rate = limits.maxEventsPerSecond;
  const receiver = new FlowReceiver({
    authenticator: options.authenticator,
    enricher: options.enricher,
    index,
    inFlight: new InFlightBytes(limits.maxInFlightBytes),
    losses: new ProbeLosses(MAX_SENDERS),
    rate: rate === undefined ? undefined : new SenderRate(rate, MAX_SENDERS, clock),
    limits,
    cluster: options.cluster,
    namespace,
    metrics: options.receiveMetrics,
    indexMetrics: options.indexMetrics,
    clock,
    log,
  });
  const server = await startFlowServer({
    ...limits,
    receiver,
    address: options.address,
    tls: options.tls,
    clock,
    log,
  });
  // Only until it is worth trying again: without requests nobody would find out that it is back.
  readiness.add('index', () => index.unavailable()?.reason);
  return { address: server.address, close: once(server, index) };
}

function once(server: FlowServer, index: DocumentIndex): () => Promise<void> {
  let closing: Promise<void> | undefined;
  return () => {
    closing ??= server.close().then(() => index.close());
    return closing;
  };
}

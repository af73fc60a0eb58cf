import type { Clock } from '../../runtime/clock.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { EcsFlow } from '../document/ecs-flow.ts';
import type { EnrichedDocument } from '../document/enriched-document.ts';
import type { Sender } from '../document/sender.ts';
import type { DocumentIndex, WriteOutcome } from '../index/document-index.ts';
import type { IndexMetrics } from '../index/index-metrics.ts';
import type { AuthenticatedSender, Authenticator } from './authenticator.ts';
import { describeOutcome } from './batch-outcome.ts';
import { toSender } from './batch-sender.ts';
import type { ComposedBatch } from './compose-batch.ts';
import { composeBatch } from './compose-batch.ts';
import { checkContent } from './content-check.ts';
import type { FlowReply, FlowRequest } from './flow-request.ts';
import type { InFlightBytes, Reservation } from './in-flight.ts';
import type { BatchLimits } from './parse-batch.ts';
import { parseBatch } from './parse-batch.ts';
import type { ProbeLosses } from './probe-losses.ts';
import type { BodyLimits } from './read-body.ts';
import { readBody, SenderGone } from './read-body.ts';
import type { ReceiveMetrics } from './receive-metrics.ts';
import { REFUSALS, Refusal, retryAfter } from './refusal.ts';
import type { SenderRate } from './sender-rate.ts';

/** Makes documents of events: one each, in order. */
export interface EventEnricher {
  enrich(events: readonly EcsFlow[], sender: Sender): Promise<readonly EnrichedDocument[]>;
}

export interface FlowReceiverOptions {
  readonly authenticator: Authenticator;
  readonly enricher: EventEnricher;
  readonly index: DocumentIndex;
  readonly inFlight: InFlightBytes;
  readonly losses: ProbeLosses;
  /** Absent: no limit a sender. */
  readonly rate?: SenderRate | undefined;
  readonly limits: BodyLimits & BatchLimits;
  /** Name of the Kubernetes cluster. */
  readonly cluster: string | undefined;
  /** Namespace of the streams of heartbeats and dead letters. */
  readonly namespace: string;
  readonly metrics: ReceiveMetrics;
  readonly indexMetrics: IndexMetrics;
  readonly clock: Clock;
  readonly log: Logger;
}

const BUSY_MS = 1000;

/** `POST /v1/flows`: answers when the index has every event of the batch, or says what the sender should do. */
export class FlowReceiver {
  readonly #options: FlowReceiverOptions;

  constructor(options: FlowReceiverOptions) {
    this.#options = options;
    options.metrics.inFlightBytes.read(() => options.inFlight.bytes);
  }

  /**
   * Never rejects, except with SenderGone, when there is nobody to answer.
   *
   * @param stopping gives up waiting for the index; the sender is told to come again
   */
  async receive(request: FlowRequest, stopping: AbortSignal): Promise<FlowReply> {
    const { metrics, clock } = this.#options;
    const startMs = clock.now();
    const reply = await this.#handle(request, stopping).catch((error: unknown) => this.#refuse(error));
    metrics.requests.add(1, { status: String(reply.status) });
    metrics.requestSeconds.observe((clock.now() - startMs) / 1000);
    return reply;
  }

  /** The answer to a request that is refused. Throws SenderGone again. */
  #refuse(error: unknown): FlowReply {
    const { metrics, log } = this.#options;
    if (error instanceof SenderGone) {
      metrics.refusals.add(1, { reason: 'sender_gone' });
      throw error;
    }
    const refusal = error instanceof Refusal ? error : undefined;
    if (refusal === undefined) log.error({ error }, 'a batch could not be handled');
    const reason = refusal?.reason ?? 'internal';
    const message = refusal?.message ?? 'The batch could not be handled; the log of enrichment says why.';
    metrics.refusals.add(1, { reason });
    log.debug({ reason, message }, 'refused a request');
    return refusalReply(reason, message, refusal?.headers ?? {});
  }

  async #handle(request: FlowRequest, stopping: AbortSignal): Promise<FlowReply> {
    const { authenticator, limits, metrics, rate, index, inFlight } = this.#options;
    if (stopping.aborted) throw new Refusal('stopping', 'This instance is stopping.', retryAfter(BUSY_MS));
    const owner = await authenticator.authenticate(request);
    metrics.senders.add(1, { method: owner.method });
    const content = checkContent(request, limits.maxBodyBytes);
    const waitMs = rate?.waitMs(owner.pod?.uid ?? owner.name) ?? 0;
    if (waitMs > 0)
      throw new Refusal('too_fast', 'More events than this sender may send.', retryAfter(waitMs));
    const unavailable = index.unavailable();
    if (unavailable !== undefined) {
      throw new Refusal('index_unavailable', unavailable.reason, retryAfter(unavailable.retryAfterMs));
    }
    const reservation = inFlight.reserve(content.expectedBytes);
    if (reservation === undefined) {
      throw new Refusal('busy', 'Too many bytes are being worked on.', retryAfter(BUSY_MS));
    }
    try {
      return await this.#take(request, content.isGzip, owner, reservation, stopping);
    } finally {
      reservation.release();
    }
  }

  async #take(
    request: FlowRequest,
    isGzip: boolean,
    owner: AuthenticatedSender,
    reservation: Reservation,
    stopping: AbortSignal,
  ): Promise<FlowReply> {
    const { limits, metrics, losses, rate, index } = this.#options;
    request.begin?.();
    const { bytes, sentBytes } = await readBody(request.body, isGzip, limits, reservation);
    reservation.shrinkTo(bytes.length);
    metrics.sentBytes.add(sentBytes);
    metrics.bodyBytes.add(bytes.length);
    const batch = parseBatch(bytes, limits);
    metrics.events.add(batch.events.length, { outcome: 'taken' });
    metrics.events.add(batch.bad.length, { outcome: 'refused' });
    rate?.count(owner.pod?.uid ?? owner.name, batch.events.length + batch.bad.length);
    const isLossy = batch.header !== undefined && losses.isLossy(owner.pod?.uid ?? owner.name, batch.header);
    const sender = toSender(owner, batch.header, isLossy, request.peerIp);
    const composed = await composeBatch(batch, sender, this.#options);
    const outcomes = await index.write(composed.documents, stopping);
    this.#count(composed, outcomes);
    return describeOutcome(composed, outcomes);
  }

  /** What is in the index beside the events, once however often the batch came. */
  #count({ purposes }: ComposedBatch, outcomes: readonly WriteOutcome[]): void {
    const { metrics, indexMetrics } = this.#options;
    for (const [at, purpose] of purposes.entries()) {
      const { kind } = outcomes[at];
      if (purpose.kind === 'heartbeat' && kind === 'created') metrics.heartbeats.add(1);
      if (purpose.kind === 'dead_letter' && kind === 'created') {
        indexMetrics.deadLetters.add(1, { stage: purpose.stage });
      }
    }
  }
}

export function refusalReply(
  reason: Refusal['reason'],
  message: string,
  headers: Readonly<Record<string, string>> = {},
): FlowReply {
  return { status: REFUSALS[reason].status, headers, body: { error: { reason, message } } };
}

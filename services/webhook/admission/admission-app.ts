import type { IncomingMessage } from 'node:http';
import type { Express, NextFunction, Request, Response } from 'express';
import express from 'express';
import type { Logger } from '../../runtime/logger.ts';
import type { MetricsOf } from '../../runtime/metrics.ts';
import type { InjectionRules } from '../inject-probe.ts';
import type { Decision } from '../policy/decision.ts';
import { hasProbe } from '../policy/decision.ts';
import type { WEBHOOK_METRICS } from '../webhook-metrics.ts';
import { AdmissionFailure, FAILURE_STATUS } from './admission-failure.ts';
import { allow, readAdmissionReview } from './admission-review.ts';
import type { Admission, Namespaces } from './admit.ts';
import { admit } from './admit.ts';

/** Where the webhook configuration sends admissions. */
export const ADMISSION_PATH = '/mutate';

export interface AdmissionAppOptions {
  readonly namespaces: Namespaces;
  /** As they are now: certificates and files change. */
  readonly rules: () => InjectionRules;
  readonly metrics: MetricsOf<typeof WEBHOOK_METRICS>;
  readonly log: Logger;
  /** Told of every admission that is not a dry run. */
  readonly onDecision: (subject: NonNullable<Admission['subject']>, decision: Decision) => void;
  readonly signal: AbortSignal;
}

/** etcd takes no object above 1.5 MiB, and an AdmissionReview holds little more than the object. */
const MAX_BODY_BYTES = 3 * 2 ** 20;

/** `POST /mutate` for the API server. */
export function createAdmissionApp(options: AdmissionAppOptions): Express {
  const { metrics, log } = options;
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.post(
    ADMISSION_PATH,
    requireJson,
    express.json({ limit: MAX_BODY_BYTES, type: () => true }),
    async (request: Request, response: Response) => {
      const startedNs = process.hrtime.bigint();
      const { review, patchBytes } = await answer(request.body, options);
      metrics.admissionSeconds.observe(Number(process.hrtime.bigint() - startedNs) / 1e9);
      if (patchBytes > 0) metrics.patchBytes.observe(patchBytes);
      response.json(review);
    },
  );
  app.use((_request: Request, response: Response) => {
    response.status(404).type('text').send(`Admissions go to POST ${ADMISSION_PATH}.\n`);
  });
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => {
    const failure = asFailure(error);
    metrics.failures.add(1, { cause: failure.failureCause });
    log.warn({ error: failure.cause ?? failure, cause: failure.failureCause }, failure.message);
    if (response.headersSent) return;
    response.status(FAILURE_STATUS[failure.failureCause]).type('text').send(`${failure.message}\n`);
  });
  return app;
}

async function answer(
  body: unknown,
  { namespaces, rules, metrics, log, onDecision, signal }: AdmissionAppOptions,
): Promise<{ readonly review: unknown; readonly patchBytes: number }> {
  const { request, fault } = readAdmissionReview(body);
  if (fault !== undefined) throw new AdmissionFailure('malformed', `Not an AdmissionReview: ${fault}.`);
  const { decision, answer: given, subject } = await admit(request, namespaces, rules(), signal);
  const isDryRun = request.dryRun === true;
  metrics.decisions.add(1, { reason: decision.reason, dry_run: String(isDryRun) });
  if (given.warnings.length > 0 && hasProbe(decision.reason)) metrics.ignoredSettings.add(1);
  const level = decision.reason === 'not_enabled' ? 'debug' : 'info';
  log[level](
    { ...decision, ...(subject && { pod: subject.name }), dryRun: isDryRun, warnings: given.warnings },
    'admission',
  );
  if (subject !== undefined && !isDryRun) onDecision(subject, decision);
  const review = allow(request.uid, given);
  return { review, patchBytes: ((review.response.patch?.length ?? 0) * 3) / 4 };
}

function requireJson(request: Request, _response: Response, next: NextFunction): void {
  const type = (request as IncomingMessage).headers['content-type'] ?? 'nothing';
  const isJson = /^application\/json\b/i.test(type);
  const message = `The content type must be application/json, not ${type}.`;
  next(isJson ? undefined : new AdmissionFailure('content_type', message));
}

/** What express and its body parser throw has a `status` for what the sender did wrong. */
function asFailure(error: unknown): AdmissionFailure {
  if (error instanceof AdmissionFailure) return error;
  const { status = 500, message } = error as { readonly status?: number; readonly message: string };
  if (status === 413) {
    return new AdmissionFailure('too_large', `The request is larger than ${MAX_BODY_BYTES} bytes.`);
  }
  if (status >= 400 && status < 500) {
    return new AdmissionFailure('malformed', `The request cannot be read: ${message}.`);
  }
  return new AdmissionFailure('internal', 'The admission could not be decided.', { cause: error });
}

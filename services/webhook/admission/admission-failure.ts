/** Why a request could not be answered; a metric's label. */
export type FailureCause = 'content_type' | 'too_large' | 'malformed' | 'namespace' | 'internal';

/** The status of each: never 200 with a refusal, which would count more than the configuration's failurePolicy. */
export const FAILURE_STATUS: Readonly<Record<FailureCause, number>> = {
  content_type: 415,
  too_large: 413,
  malformed: 400,
  namespace: 500,
  internal: 500,
};

/** A request that cannot be answered; the webhook configuration's failurePolicy then decides. */
export class AdmissionFailure extends Error {
  readonly failureCause: FailureCause;

  constructor(failureCause: FailureCause, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.name = 'AdmissionFailure';
    this.failureCause = failureCause;
  }
}

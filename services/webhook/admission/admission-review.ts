import * as z from 'zod/mini';
import type { PatchOperation } from '../patch/json-patch.ts';

const API_VERSION = 'admission.k8s.io/v1';

const review = z.object({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('AdmissionReview'),
  request: z.object({
    uid: z.string().check(z.minLength(1)),
    resource: z.object({ group: z.string(), version: z.string(), resource: z.string() }),
    subResource: z.optional(z.nullable(z.string())),
    operation: z.string(),
    namespace: z.optional(z.nullable(z.string())),
    dryRun: z.optional(z.nullable(z.boolean())),
    object: z.unknown(),
  }),
});

/** What the API server asks (admission.k8s.io/v1), as far as it is looked at. */
export type AdmissionRequest = z.output<typeof review>['request'];

/** The request of an AdmissionReview, or what is wrong with it. */
export function readAdmissionReview(
  body: unknown,
):
  | { readonly request: AdmissionRequest; readonly fault?: never }
  | { readonly request?: never; readonly fault: string } {
  const result = review.safeParse(body);
  if (result.success) return { request: result.data.request };
  const [{ path, message }] = result.error.issues;
  return { fault: `${path.join('.') || 'the body'}: ${message}` };
}

export interface AdmissionAnswer {
  readonly operations: readonly PatchOperation[];
  /** Shown to whoever sent the request; the API server cuts them at 256 characters. */
  readonly warnings: readonly string[];
  /** Into the audit log, each under the webhook's name. */
  readonly auditAnnotations: Readonly<Record<string, string>>;
}

const MAX_WARNINGS = 5;
const MAX_WARNING_CHARACTERS = 250;

export interface AdmissionReviewAnswer {
  readonly apiVersion: string;
  readonly kind: string;
  readonly response: Readonly<Record<string, unknown>> & { readonly patch?: string };
}

/** An AdmissionReview that allows the request, since nothing that a pod lacks of us is a reason to refuse it. */
export function allow(uid: string, answer: AdmissionAnswer): AdmissionReviewAnswer {
  const { operations, auditAnnotations } = answer;
  const warnings = answer.warnings
    .slice(0, MAX_WARNINGS)
    .map((warning) => warning.slice(0, MAX_WARNING_CHARACTERS));
  return {
    apiVersion: API_VERSION,
    kind: 'AdmissionReview',
    response: {
      uid,
      allowed: true,
      ...(operations.length > 0 && {
        patchType: 'JSONPatch',
        patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
      }),
      ...(warnings.length > 0 && { warnings }),
      auditAnnotations,
    },
  };
}

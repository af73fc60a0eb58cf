import * as z from 'zod/mini';
import { FlowtapError } from '../../runtime/errors.ts';
import type { KubernetesApi } from '../../runtime/kubernetes/api-client.ts';
import type { TokenVerdict } from './authenticator.ts';
import type { TokenReviewer } from './token-review.ts';

const PATH = '/apis/authentication.k8s.io/v1/tokenreviews';
const TIMEOUT_MS = 5000;
const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):[^:]+$/;

/** Claims of a token that was made for a pod (KEP-1205), under `status.user.extra`. */
const POD_NAME = 'authentication.kubernetes.io/pod-name';
const POD_UID = 'authentication.kubernetes.io/pod-uid';
const NODE_NAME = 'authentication.kubernetes.io/node-name';

const REVIEW = z.object({
  status: z.object({
    authenticated: z.optional(z.boolean()),
    audiences: z.optional(z.array(z.string())),
    error: z.optional(z.string()),
    user: z.optional(
      z.object({
        username: z.optional(z.string()),
        extra: z.optional(z.record(z.string(), z.array(z.string()))),
      }),
    ),
  }),
});

/** Checks tokens by TokenReview (authentication.k8s.io/v1), which needs the role `system:auth-delegator`. */
export class KubernetesTokenReviewer implements TokenReviewer {
  readonly #api: Pick<KubernetesApi, 'request'>;
  readonly #audience: string;
  readonly #signal: AbortSignal;

  constructor(api: Pick<KubernetesApi, 'request'>, audience: string, signal: AbortSignal) {
    this.#api = api;
    this.#audience = audience;
    this.#signal = signal;
  }

  async review(token: string): Promise<TokenVerdict> {
    const { status, body } = await this.#api.request({
      method: 'POST',
      path: PATH,
      body: {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token, audiences: [this.#audience] },
      },
      signal: this.#signal,
      timeoutMs: TIMEOUT_MS,
    });
    const review = REVIEW.safeParse(body);
    if (status >= 300 || !review.success) {
      const message = `TokenReview was answered with status ${status}. May this service account create tokenreviews?`;
      throw new FlowtapError('KUBERNETES_REFUSED', 'authenticate', message);
    }
    return this.#judge(review.data.status);
  }

  #judge({ authenticated, audiences, error, user }: z.output<typeof REVIEW>['status']): TokenVerdict {
    // A server that knows nothing of audiences leaves them out, and has then not checked them.
    if (authenticated !== true || audiences?.includes(this.#audience) !== true) {
      const why = error === undefined ? '' : `: ${error}`;
      return { kind: 'unknown', message: `The token is not good for the audience ${this.#audience}${why}.` };
    }
    const [name, namespace] = SERVICE_ACCOUNT.exec(user?.username ?? '') ?? [];
    if (name === undefined) {
      return { kind: 'forbidden', message: `${user?.username ?? 'The owner'} is not a service account.` };
    }
    const claim = (key: string): string | undefined => user?.extra?.[key]?.[0];
    const podName = claim(POD_NAME);
    const uid = claim(POD_UID);
    if (podName === undefined || uid === undefined) {
      return { kind: 'accepted', sender: { method: 'token_review', name } };
    }
    const pod = { namespace, name: podName, uid, node: claim(NODE_NAME) };
    return { kind: 'accepted', sender: { method: 'token_review', name, pod } };
  }
}

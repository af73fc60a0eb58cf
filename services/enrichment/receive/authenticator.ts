import type { SenderPod } from '../document/sender.ts';
import type { FlowRequest } from './flow-request.ts';
import { headerOf } from './flow-request.ts';
import { Refusal, retryAfter } from './refusal.ts';

/** How a sender proved who it is. */
export type AuthenticationMethod = 'token_review' | 'token_file' | 'certificate' | 'anonymous';

/** Who sends. */
export interface AuthenticatedSender {
  readonly method: AuthenticationMethod;
  readonly name: string;
  /** The pod that the token was made for. */
  readonly pod?: SenderPod | undefined;
}

/** What somebody who may vouch for a token says of it. */
export type TokenVerdict =
  | { readonly kind: 'accepted'; readonly sender: AuthenticatedSender }
  | { readonly kind: 'forbidden'; readonly message: string }
  | { readonly kind: 'unknown'; readonly message: string }
  /** It could not be found out. */
  | { readonly kind: 'undecided'; readonly message: string };

export interface TokenAuthority {
  judge(token: string): Promise<TokenVerdict>;
}

/** Who may send. */
export interface Authenticator {
  /** Throws a Refusal. */
  authenticate(request: FlowRequest): Promise<AuthenticatedSender>;
}

export interface SenderRules {
  /** Asked in this order, until one knows the token. */
  readonly authorities: readonly TokenAuthority[];
  /** Take what comes without a token too; and with any token, where there are no authorities. */
  readonly allowAnonymous: boolean;
}

/** Far longer than any token of Kubernetes. */
const MAX_TOKEN_LENGTH = 16_384;
const BEARER = /^Bearer +([\w.~+/-]+=*) *$/i;
const CHALLENGE = { 'www-authenticate': 'Bearer realm="flowtap"' };
const UNDECIDED_MS = 2000;

const ANONYMOUS: AuthenticatedSender = { method: 'anonymous', name: 'anonymous' };

/** By bearer token, else by the client's certificate, else anonymously where that is allowed. A bad token is never anonymous. */
export function createAuthenticator({ authorities, allowAnonymous }: SenderRules): Authenticator {
  return {
    async authenticate(request) {
      const authorization = headerOf(request, 'authorization');
      if (authorization !== undefined && authorities.length > 0) return byToken(authorization, authorities);
      const { certificateName } = request;
      if (certificateName !== undefined)
        return { method: 'certificate', name: `certificate:${certificateName}` };
      if (allowAnonymous) return ANONYMOUS;
      throw new Refusal('unauthenticated', 'Send a token: `Authorization: Bearer …`.', CHALLENGE);
    },
  };
}

async function byToken(
  authorization: string,
  authorities: readonly TokenAuthority[],
): Promise<AuthenticatedSender> {
  const [, token] = authorization.length > MAX_TOKEN_LENGTH ? [] : (BEARER.exec(authorization) ?? []);
  if (token === undefined) {
    throw new Refusal('unauthenticated', 'The header authorization must be `Bearer` and a token.', CHALLENGE);
  }
  let undecided: string | undefined;
  let unknown = 'Nobody knows this token.';
  for (const authority of authorities) {
    const verdict = await authority.judge(token);
    if (verdict.kind === 'accepted') return verdict.sender;
    if (verdict.kind === 'forbidden') throw new Refusal('forbidden', verdict.message);
    if (verdict.kind === 'undecided') undecided = verdict.message;
    else unknown = verdict.message;
  }
  if (undecided !== undefined) throw new Refusal('cannot_authenticate', undecided, retryAfter(UNDECIDED_MS));
  throw new Refusal('unauthenticated', unknown, CHALLENGE);
}

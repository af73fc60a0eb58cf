import { createHash } from 'node:crypto';
import type { Clock } from '../../runtime/clock.ts';
import { RecentMap } from '../recent-map.ts';
import type { TokenAuthority, TokenVerdict } from './authenticator.ts';
import { expiryOf } from './token-claims.ts';

/** Asks the Kubernetes API what a token is. Throws where no answer is to be had. */
export interface TokenReviewer {
  review(token: string): Promise<TokenVerdict>;
}

export interface TokenReviewOptions {
  readonly reviewer: TokenReviewer;
  readonly clock: Clock;
  /** An answer is good for so long, and never longer than the token. */
  readonly maxAgeMs: number;
  /** Answers kept. */
  readonly maxTokens: number;
  /** Told of each question to the API, by its outcome. */
  readonly onReview: (outcome: TokenVerdict['kind']) => void;
}

interface Answer {
  readonly verdict: TokenVerdict;
  readonly freshUntilMs: number;
}

/** A token that was not known may be a moment later, as when a key is rotated. */
const UNKNOWN_AGE_MS = 10_000;

/** Between two questions about a token while the API does not answer. */
const RETRY_MS = 2000;

/** Questions at once: a stream of made-up tokens must not become one to the API server. */
const MAX_QUESTIONS = 16;

/**
 * Remembers what the API said of a token, by the token's hash. While the API does not answer, a token that was good is
 * good until it expires: an outage of the control plane is none of the records.
 */
export class TokenReviewAuthority implements TokenAuthority {
  readonly #options: TokenReviewOptions;
  readonly #answers: RecentMap<Answer>;
  readonly #questions = new Map<string, Promise<TokenVerdict>>();

  constructor(options: TokenReviewOptions) {
    this.#options = options;
    this.#answers = new RecentMap(options.maxTokens);
  }

  async judge(token: string): Promise<TokenVerdict> {
    const nowMs = this.#options.clock.now();
    const expiresMs = expiryOf(token);
    if (expiresMs === undefined)
      return { kind: 'unknown', message: 'The token is not one of a service account.' };
    if (expiresMs <= nowMs) return { kind: 'unknown', message: 'The token has expired.' };
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#answers.get(key);
    if (known !== undefined && nowMs < known.freshUntilMs) return known.verdict;
    const asked = this.#questions.get(key);
    if (asked !== undefined) return asked;
    if (this.#questions.size >= MAX_QUESTIONS) {
      return known?.verdict ?? { kind: 'undecided', message: 'Too many tokens are being checked.' };
    }
    const question = this.#ask(token, key, expiresMs, known).finally(() => this.#questions.delete(key));
    this.#questions.set(key, question);
    return question;
  }

  async #ask(
    token: string,
    key: string,
    expiresMs: number,
    known: Answer | undefined,
  ): Promise<TokenVerdict> {
    const { reviewer, clock, maxAgeMs, onReview } = this.#options;
    const verdict = await reviewer.review(token).catch(
      (error: Error): TokenVerdict => ({
        kind: 'undecided',
        message: `The Kubernetes API did not check the token: ${error.message}`,
      }),
    );
    onReview(verdict.kind);
    const nowMs = clock.now();
    if (verdict.kind === 'undecided') {
      if (known?.verdict.kind !== 'accepted') return verdict;
      this.#answers.set(key, { ...known, freshUntilMs: Math.min(expiresMs, nowMs + RETRY_MS) });
      return known.verdict;
    }
    const ageMs = verdict.kind === 'accepted' ? maxAgeMs : UNKNOWN_AGE_MS;
    this.#answers.set(key, { verdict, freshUntilMs: Math.min(expiresMs, nowMs + ageMs) });
    return verdict;
  }
}

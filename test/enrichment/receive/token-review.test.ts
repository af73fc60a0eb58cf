import { describe, expect, test } from 'vitest';
import type { TokenVerdict } from '../../../services/enrichment/receive/authenticator.ts';
import { TokenReviewAuthority } from '../../../services/enrichment/receive/token-review.ts';
import { ManualClock } from '../../fakes/manual-clock.ts';
import { unsignedToken } from '../../fixtures/service-account-token.ts';

const ACCEPTED: TokenVerdict = { kind: 'accepted', sender: { method: 'token_review', name: 'sa' } };
const UNKNOWN: TokenVerdict = { kind: 'unknown', message: 'no' };
const HOUR_MS = 3_600_000;

class Setup {
  readonly clock = new ManualClock(1_000_000);
  readonly asked: string[] = [];
  readonly outcomes: string[] = [];
  answer: TokenVerdict | Error = ACCEPTED;
  pending: Promise<void> | undefined;
  readonly authority = new TokenReviewAuthority({
    reviewer: {
      review: async (token) => {
        this.asked.push(token);
        await this.pending;
        if (this.answer instanceof Error) throw this.answer;
        return this.answer;
      },
    },
    clock: this.clock,
    maxAgeMs: 300_000,
    maxTokens: 4,
    onReview: (outcome) => this.outcomes.push(outcome),
  });

  token(expiresInMs = HOUR_MS, name = 'a'): string {
    return unsignedToken({ exp: (this.clock.now() + expiresInMs) / 1000, sub: name });
  }
}

describe('the API is asked', () => {
  test.each<[string, TokenVerdict, number, number, number]>([
    ['once for a good token while the answer is fresh', ACCEPTED, HOUR_MS, 299_000, 1],
    ['again when the answer is old', ACCEPTED, HOUR_MS, 301_000, 2],
    ['once for a bad token within seconds', UNKNOWN, HOUR_MS, 9000, 1],
    ['again for a bad token soon', UNKNOWN, HOUR_MS, 11_000, 2],
    ['never for a token that has expired since', ACCEPTED, 60_000, 61_000, 1],
  ])('%s', async (_name, answer, expiresInMs, waitMs, questions) => {
    const setup = new Setup();
    setup.answer = answer;
    const token = setup.token(expiresInMs);
    expect(await setup.authority.judge(token)).toEqual(answer);
    setup.clock.advance(waitMs);
    const later = await setup.authority.judge(token);
    expect(later).toEqual(
      waitMs > expiresInMs ? { kind: 'unknown', message: 'The token has expired.' } : answer,
    );
    expect(setup.asked).toHaveLength(questions);
  });

  test('once for the same token at the same time, and for a few at most', async () => {
    const setup = new Setup();
    const gate = Promise.withResolvers<void>();
    setup.pending = gate.promise;
    const same = [setup.authority.judge(setup.token()), setup.authority.judge(setup.token())];
    const many = Array.from({ length: 20 }, (_, index) =>
      setup.authority.judge(setup.token(HOUR_MS, `t${index}`)),
    );
    gate.resolve();
    expect(await Promise.all(same)).toEqual([ACCEPTED, ACCEPTED]);
    const kinds = (await Promise.all(many)).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'accepted')).toHaveLength(15);
    expect(kinds.filter((kind) => kind === 'undecided')).toHaveLength(5);
    expect(setup.asked).toHaveLength(16);
  });

  test.each([
    '',
    'x',
    'a.b',
    'a.b.c',
    `a.${Buffer.from('{}').toString('base64url')}.c`,
    `a.${Buffer.from('7').toString('base64url')}.c`,
  ])('not about %j, which is none of Kubernetes', async (token) => {
    const setup = new Setup();
    expect(await setup.authority.judge(token)).toMatchObject({ kind: 'unknown' });
    expect(setup.asked).toEqual([]);
  });
});

describe('while the API does not answer', () => {
  test('a good token stays good until it expires', async () => {
    const setup = new Setup();
    const token = setup.token(600_000);
    await setup.authority.judge(token);
    setup.answer = new Error('connection refused');
    setup.clock.advance(400_000);
    expect(await setup.authority.judge(token)).toEqual(ACCEPTED);
    expect(await setup.authority.judge(token)).toEqual(ACCEPTED);
    expect(setup.outcomes).toEqual(['accepted', 'undecided']);
    setup.clock.advance(201_000);
    expect(await setup.authority.judge(token)).toMatchObject({ kind: 'unknown' });
  });

  test('nobody knows about another one, and the next try asks again', async () => {
    const setup = new Setup();
    setup.answer = new Error('connection refused');
    expect(await setup.authority.judge(setup.token())).toEqual({
      kind: 'undecided',
      message: 'The Kubernetes API did not check the token: connection refused',
    });
    setup.answer = ACCEPTED;
    expect(await setup.authority.judge(setup.token())).toEqual(ACCEPTED);
  });
});

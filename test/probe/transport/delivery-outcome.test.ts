import { expect, test } from 'vitest';
import { outcomeOf } from '../../../services/probe/transport/delivery-outcome.ts';

const delivered = (rejected = 0, duplicates = 0) => ({ kind: 'delivered', rejected, duplicates });

test.each([
  [200, '', delivered()],
  [200, '{"rejected":3,"duplicates":2}', delivered(3, 2)],
  [200, '{"rejected":"3","duplicates":-2}', delivered()],
  [200, '{"rejected":1.5}', delivered()],
  [200, '[1]', delivered()],
  [200, 'null', delivered()],
  [202, 'accepted', delivered()],
  [204, '', delivered()],
  [400, 'line 3: no', { kind: 'refused', reason: 'answer 400: line 3: no' }],
  [415, '', { kind: 'refused', reason: 'answer 415' }],
  [422, '', { kind: 'refused', reason: 'answer 422' }],
  [413, '', { kind: 'too_large' }],
  [401, 'no token', { kind: 'unauthorised', reason: 'answer 401: no token' }],
  [403, '', { kind: 'unauthorised', reason: 'answer 403' }],
  [429, '', { kind: 'slow_down', delayMs: 7000, reason: 'answer 429' }],
  [503, '', { kind: 'slow_down', delayMs: 7000, reason: 'answer 503' }],
  [500, '', { kind: 'failed', reason: 'answer 500' }],
  [502, '', { kind: 'failed', reason: 'answer 502' }],
  [301, '', { kind: 'failed', reason: 'answer 301' }],
  [404, 'not here', { kind: 'failed', reason: 'answer 404: not here' }],
  [408, '', { kind: 'failed', reason: 'answer 408' }],
])('%i %j', (status, text, outcome) => {
  expect(outcomeOf({ status, text, retryAfter: '7' }, 0)).toEqual(outcome);
});

test('a long answer is cut in the log', () => {
  const outcome = outcomeOf({ status: 400, text: 'x'.repeat(5000), retryAfter: undefined }, 0);
  expect(outcome).toEqual({ kind: 'refused', reason: `answer 400: ${'x'.repeat(300)}` });
});

import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { AuthenticatedSender } from '../../../services/enrichment/receive/authenticator.ts';
import { createAuthenticator } from '../../../services/enrichment/receive/authenticator.ts';
import { tokenAuthority } from '../../fakes/token-authority.ts';

const file: AuthenticatedSender = { method: 'token_file', name: 'token:edge' };
const pod = { namespace: 'shop', name: 'web-1', uid: 'uid-1' };
const review: AuthenticatedSender = { method: 'token_review', name: 'system:serviceaccount:shop:web', pod };
const AUTHORITIES = [
  tokenAuthority({
    shared: { kind: 'accepted', sender: file },
    flaky: { kind: 'undecided', message: 'No answer.' },
  }),
  tokenAuthority({
    'a.b.c': { kind: 'accepted', sender: review },
    user: { kind: 'forbidden', message: 'jane is not a service account.' },
  }),
];
const ANONYMOUS = { method: 'anonymous', name: 'anonymous' };
const CERTIFICATE = { method: 'certificate', name: 'certificate:edge-7' };

test.each<
  [string, { authorization?: string; certificate?: string; anonymous?: boolean; without?: true }, object]
>([
  ['a token of the first authority', { authorization: 'Bearer shared' }, file],
  ['a token of the second', { authorization: 'bearer  a.b.c' }, review],
  ['a token beside a certificate', { authorization: 'Bearer a.b.c', certificate: 'edge-7' }, review],
  ['a certificate', { certificate: 'edge-7' }, CERTIFICATE],
  ['nothing', {}, { reason: 'unauthenticated', headers: { 'www-authenticate': 'Bearer realm="flowtap"' } }],
  ['nothing, where that is allowed', { anonymous: true }, ANONYMOUS],
  [
    'a wrong token, where nothing is allowed',
    { authorization: 'Bearer x', anonymous: true },
    { reason: 'unauthenticated' },
  ],
  [
    'any token, where nobody judges',
    { authorization: 'Bearer x', anonymous: true, without: true },
    ANONYMOUS,
  ],
  ['another scheme', { authorization: 'Basic x' }, { reason: 'unauthenticated' }],
  [
    'a token that is far too long',
    { authorization: `Bearer ${'x'.repeat(20_000)}` },
    { reason: 'unauthenticated' },
  ],
  [
    'a user',
    { authorization: 'Bearer user' },
    { reason: 'forbidden', message: 'jane is not a service account.' },
  ],
  [
    'no decision',
    { authorization: 'Bearer flaky' },
    { reason: 'cannot_authenticate', headers: { 'retry-after': expect.any(String) } },
  ],
])('%s', async (_name, { authorization, certificate, anonymous, without }, expected) => {
  const authenticator = createAuthenticator({
    authorities: without ? [] : AUTHORITIES,
    allowAnonymous: anonymous === true,
  });
  const request = { headers: { authorization }, body: Readable.from([]), certificateName: certificate };
  const answer = await authenticator.authenticate(request).catch((error: unknown) => error);
  expect(answer).toMatchObject(expected);
});

import { beforeAll, expect, test } from 'vitest';
import { readCertificates } from '../../../services/webhook/tls/certificates.ts';
import { createAuthority, issueLeaf } from '../../../services/webhook/tls/issue-certificates.ts';
import type { LeafSecret } from '../../../services/webhook/tls/leaf-secret.ts';
import { ServedCertificate } from '../../../services/webhook/tls/served-certificate.ts';
import type { ConfigurationView } from '../../../services/webhook/tls/webhook-configuration.ts';
import type { KeyPair } from '../../../services/webhook/tls/x509-writer.ts';

const HOUR_MS = 3_600_000;
const validity = { notBeforeMs: 0, notAfterMs: HOUR_MS };

const authorities: Record<string, KeyPair> = {};
const leaves: Record<string, LeafSecret> = { nothing: leafSecret({ certPem: '', keyPem: '' }) };

beforeAll(async () => {
  for (const name of ['a', 'b']) {
    authorities[name] = await createAuthority(validity);
    leaves[name] = leafSecret(await issueLeaf(authorities[name], ['web'], validity));
  }
});

function leafSecret(pair: KeyPair): LeafSecret {
  return { pair, certificate: readCertificates(pair.certPem)[0], bundlePem: 'of the Secret' };
}

/** `a,ab`: one webhook trusts the first authority, another one both. */
function view(bundles: string): ConfigurationView {
  const entries = bundles.split(',').map((bundle, index) => {
    const bundlePem = [...bundle].map((name) => authorities[name].certPem).join('');
    return { index, name: `${index}`, bundlePem };
  });
  return { entries, isAbsent: false, problem: undefined };
}

const ABSENT: ConfigurationView = { entries: [], isAbsent: true, problem: 'none' };

/** What is seen one after the other: of the Secret the authority of its certificate, of the configuration its bundles. */
test.each<{ what: string; sees: string[]; nowMs?: number; serves: string | undefined; trusted?: boolean }>([
  { what: 'nothing at first', sees: [], serves: undefined },
  { what: 'nothing where the Secret is empty', sees: ['leaf nothing', 'bundles a'], serves: undefined },
  { what: 'what there is, before the configuration is known', sees: ['leaf a'], serves: 'a' },
  { what: 'what there is, also if it is not trusted', sees: ['bundles b', 'leaf a'], serves: 'a' },
  { what: 'what there is, trusted', sees: ['bundles a,ab', 'leaf a'], serves: 'a', trusted: true },
  { what: 'what not all webhooks trust, for want of another', sees: ['bundles a,b', 'leaf a'], serves: 'a' },
  {
    what: 'the former one, while the new one is not trusted',
    sees: ['leaf a', 'bundles a', 'leaf b'],
    serves: 'a',
    trusted: true,
  },
  {
    what: 'the former one, while one webhook does not trust the new one',
    sees: ['leaf a', 'bundles ab,a', 'leaf b'],
    serves: 'a',
    trusted: true,
  },
  {
    what: 'the new one, when it is',
    sees: ['leaf a', 'bundles a', 'leaf b', 'bundles ba'],
    serves: 'b',
    trusted: true,
  },
  {
    what: 'the new one, if the former one is not trusted any more',
    sees: ['leaf a', 'bundles a', 'leaf b', 'bundles ,'],
    serves: 'b',
  },
  {
    what: 'the new one, if the former one has ended',
    sees: ['leaf a', 'bundles a', 'leaf b'],
    nowMs: HOUR_MS,
    serves: 'b',
  },
  { what: 'the new one, if nobody calls', sees: ['leaf a', 'absent', 'leaf b'], serves: 'b' },
  {
    what: 'the former one, if the Secret is gone',
    sees: ['leaf a', 'bundles a', 'leaf nothing'],
    serves: 'a',
    trusted: true,
  },
])('$what: $serves', ({ sees, nowMs = 1, serves, trusted = false }) => {
  const served = new ServedCertificate();
  for (const sight of sees) {
    const [kind, value] = sight.split(' ');
    if (kind === 'leaf') served.seeLeaf(leaves[value], nowMs);
    else served.seeConfiguration(kind === 'absent' ? ABSENT : view(value), nowMs);
  }
  expect(served.pair).toBe(serves && leaves[serves].pair);
  expect(served.isTrusted).toBe(trusted);
  expect(served.bundlePem).toBe(serves && 'of the Secret');
});

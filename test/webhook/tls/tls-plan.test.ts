import { describe, expect, test } from 'vitest';
import type { AuthorityFacts, LeafFacts, TlsFacts } from '../../../services/webhook/tls/tls-facts.ts';
import type { TlsStep } from '../../../services/webhook/tls/tls-plan.ts';
import { planTls } from '../../../services/webhook/tls/tls-plan.ts';

const SECOND = 1000;
const LIFETIMES = { authorityMs: 10_000 * SECOND, leafMs: 300 * SECOND, overlapMs: 1000 * SECOND };
/** An hour and a bit into what happens. */
const NOW = 5000 * SECOND;
const LONG = NOW + 9000 * SECOND;

/** The authority `a` signs, is published since long, and has given the only server its certificate. */
const A: AuthorityFacts = { id: 'a', notAfterMs: LONG, hasKey: true, trustedSinceMs: 0 };
/** Its successor, just made. */
const B: AuthorityFacts = { id: 'b', notAfterMs: LONG + 1, hasKey: true };

const FRESH = { issuerId: 'a', notAfterMs: NOW + 300 * SECOND, coversNames: true };

function leaf(
  certificate: Partial<NonNullable<LeafFacts['certificate']>> | undefined,
  bundle = 'a',
): LeafFacts {
  return {
    secretName: 'web',
    bundle: [...bundle],
    certificate: certificate && { ...FRESH, ...certificate },
  };
}

/** All is well, but for what is said; `published: 'ab'` are the authorities of the caBundle. */
function facts(
  over: Partial<TlsFacts> & { readonly published?: string; readonly sinceMs?: number } = {},
): TlsFacts {
  const { published = 'a', sinceMs = 0, ...rest } = over;
  return {
    authorities: [A],
    leaves: [leaf({})],
    publishedSinceMs: new Map([...published].map((id) => [id, sinceMs])),
    isPublished: true,
    ...rest,
  };
}

/** In short: `add`, `keep b, a(trusted)`, `publish`, `issue web by a: due`, `refresh web`. */
function inShort(step: TlsStep): string {
  switch (step.kind) {
    case 'change-authorities': {
      const kept = step.keep.map(({ id, trustedSinceMs, unusedSinceMs }) => {
        const marks = [trustedSinceMs === NOW && 'trusted', unusedSinceMs === NOW && 'unused'].filter(
          Boolean,
        );
        return marks.length === 0 ? id : `${id}(${marks.join(' ')})`;
      });
      return [...(step.add ? ['add'] : []), ...(kept.length > 0 ? [`keep ${kept.join(', ')}`] : [])].join(
        ', ',
      );
    }
    case 'issue':
      return `issue ${step.secretName} by ${step.signerId}: ${step.reason}`;
    case 'refresh':
      return `refresh ${step.secretName}`;
    case 'publish':
      return step.kind;
  }
}

const dueAt = (seconds: number): number => NOW + seconds * SECOND;

describe('at first', () => {
  test.each<[string, TlsFacts, string[]]>([
    [
      'nothing: an authority',
      facts({ authorities: [], leaves: [leaf(undefined, '')], published: '' }),
      ['add'],
    ],
    [
      'an authority: it is published, and servers get certificates at once',
      facts({ authorities: [B], leaves: [leaf(undefined, '')], published: '', isPublished: false }),
      ['publish', 'issue web by b: missing'],
    ],
    [
      'all is there: that it is trusted is written down',
      facts({ authorities: [B], leaves: [leaf({ issuerId: 'b' }, 'b')], published: 'b', sinceMs: NOW }),
      ['keep b(trusted)'],
    ],
    ['all is well', facts(), []],
  ])('%s', (_state, given, steps) => {
    expect(planTls(given, NOW, LIFETIMES).map(inShort)).toEqual(steps);
  });
});

describe('a certificate', () => {
  test.each<[string, TlsFacts, string[]]>([
    [
      'that has a third left is due',
      facts({ leaves: [leaf({ notAfterMs: dueAt(100) })] }),
      ['issue web by a: due'],
    ],
    ['that has more is not', facts({ leaves: [leaf({ notAfterMs: dueAt(101) })] }), []],
    [
      'that ended cannot be used',
      facts({ leaves: [leaf({ notAfterMs: NOW })] }),
      ['issue web by a: unusable'],
    ],
    [
      'that nobody knows cannot',
      facts({ leaves: [leaf({ issuerId: undefined })] }),
      ['issue web by a: unusable'],
    ],
    [
      'that lacks a name is replaced',
      facts({ leaves: [leaf({ coversNames: false })] }),
      ['issue web by a: names'],
    ],
    [
      'that ends with its authority is not, since another one would, too',
      facts({
        authorities: [
          { ...B, trustedSinceMs: dueAt(-10) },
          { ...A, notAfterMs: dueAt(90) },
        ],
        leaves: [leaf({ notAfterMs: dueAt(90) }, 'ba')],
        published: 'ab',
      }),
      [],
    ],
    [
      'is renewed by its own authority although nobody has published that',
      facts({ leaves: [leaf({ notAfterMs: dueAt(50) })], published: '', isPublished: false }),
      ['publish', 'issue web by a: due'],
    ],
    ['gets the present authorities beside it', facts({ leaves: [leaf({}, 'xa')] }), ['refresh web']],
  ])('%s', (_what, given, steps) => {
    expect(planTls(given, NOW, LIFETIMES).map(inShort)).toEqual(steps);
  });
});

describe('an authority that ends', () => {
  const old = { ...A, notAfterMs: dueAt(3000) };
  const successor = { ...B, trustedSinceMs: dueAt(-999) };
  const mature = { ...B, trustedSinceMs: dueAt(-1000) };
  const replaced = leaf({ issuerId: 'b' }, 'ba');
  test.each<[string, TlsFacts, string[]]>([
    ['has more than three overlaps left', facts({ authorities: [{ ...old, notAfterMs: dueAt(3001) }] }), []],
    ['gets a successor', facts({ authorities: [old] }), ['add, keep a']],
    [
      'which is published, and given to servers',
      facts({ authorities: [B, old], isPublished: false }),
      ['publish', 'refresh web'],
    ],
    [
      'which is not trusted before it is beside every certificate',
      facts({ authorities: [B, old], published: 'ab' }),
      ['refresh web'],
    ],
    [
      'nor before it is in every caBundle',
      facts({ authorities: [B, old], leaves: [leaf({}, 'ba')], isPublished: false }),
      ['publish'],
    ],
    [
      'which is trusted when both is so',
      facts({ authorities: [B, old], leaves: [leaf({}, 'ba')], published: 'ab' }),
      ['keep b(trusted), a'],
    ],
    [
      'which does not sign before the overlap',
      facts({
        authorities: [successor, old],
        leaves: [leaf({ notAfterMs: dueAt(1) }, 'ba')],
        published: 'ab',
      }),
      ['issue web by a: due'],
    ],
    [
      'which signs then',
      facts({ authorities: [mature, old], leaves: [leaf({}, 'ba')], published: 'ab' }),
      ['issue web by b: authority'],
    ],
    [
      'but not while it is not published, as after somebody wiped the caBundle',
      facts({ authorities: [mature, old], leaves: [leaf({}, 'ba')], published: '', isPublished: false }),
      ['publish'],
    ],
    [
      'nor when it has just been published again',
      facts({ authorities: [mature, old], leaves: [leaf({}, 'ba')], published: 'ab', sinceMs: dueAt(-59) }),
      [],
    ],
    [
      'is unused from then on',
      facts({ authorities: [mature, old], leaves: [replaced], published: 'ab' }),
      ['keep b, a(unused)'],
    ],
    [
      'but not while one server has a certificate of it',
      facts({
        authorities: [mature, old],
        leaves: [replaced, { ...leaf({}, 'ba'), secretName: 'other' }],
        published: 'ab',
      }),
      ['issue other by b: authority'],
    ],
    [
      'stays for the overlap',
      facts({
        authorities: [mature, { ...old, unusedSinceMs: dueAt(-1000) }],
        leaves: [replaced],
        published: 'ab',
      }),
      [],
    ],
    [
      'is used again, if a server came back to it',
      facts({
        authorities: [successor, { ...old, unusedSinceMs: dueAt(-1001) }],
        leaves: [leaf({}, 'ba')],
        published: 'ab',
      }),
      ['keep b, a'],
    ],
    [
      'and goes',
      facts({
        authorities: [mature, { ...old, unusedSinceMs: dueAt(-1001) }],
        leaves: [replaced],
        published: 'ab',
      }),
      ['keep b'],
    ],
    [
      'goes at its end in any case',
      facts({
        authorities: [successor, { ...old, notAfterMs: NOW }],
        leaves: [leaf({}, 'ba')],
        published: 'ab',
      }),
      ['keep b'],
    ],
  ])('%s', (_what, given, steps) => {
    expect(planTls(given, NOW, LIFETIMES).map(inShort)).toEqual(steps);
  });
});

describe('when the list of authorities was lost', () => {
  /** Found published; its key is gone. */
  const found = { ...A, hasKey: false };
  const due = [leaf({ notAfterMs: dueAt(50) }, 'ba')];
  test.each<[string, TlsFacts, string[]]>([
    ['a new one comes, and what was found stays trusted', facts({ authorities: [found] }), ['add, keep a']],
    [
      'what works is not touched before the new one is published',
      facts({ authorities: [B, found], leaves: due, isPublished: false }),
      ['publish'],
    ],
    [
      'nor before that is settled',
      facts({
        authorities: [{ ...B, trustedSinceMs: dueAt(-59) }, found],
        ...{ leaves: due, published: 'ab', sinceMs: dueAt(-59) },
      }),
      [],
    ],
    [
      'then the new one signs what is due, before its overlap',
      facts({
        authorities: [{ ...B, trustedSinceMs: dueAt(-60) }, found],
        ...{ leaves: due, published: 'ab', sinceMs: dueAt(-60) },
      }),
      ['issue web by b: due'],
    ],
    [
      'and nothing else',
      facts({
        authorities: [{ ...B, trustedSinceMs: dueAt(-60) }, found],
        ...{ leaves: [leaf({}, 'ba')], published: 'ab', sinceMs: dueAt(-60) },
      }),
      [],
    ],
  ])('%s', (_what, given, steps) => {
    expect(planTls(given, NOW, LIFETIMES).map(inShort)).toEqual(steps);
  });
});

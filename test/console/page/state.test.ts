import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changeState, formatState, parseState, questionOf } from '../../../services/console/page/state.ts';

describe('the state in the URL', () => {
  test('comes back as it was', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (pod, find) => {
        const state = { ...parseState('?view=flows&last=1h'), pod, find };
        expect(parseState(formatState(state))).toEqual(state);
      }),
    );
  });

  test.each([
    ['', 'map'],
    ['?view=split', 'split'],
    ['?foo=bar&__proto__=x', 'map'],
  ])('%j is the view %s', (search, shown) => {
    expect(parseState(search).view).toBe(shown);
  });

  test('another view forgets the page and the flow, but not the filters', () => {
    const state = parseState('?view=flows&after=x&id=y&namespace=shop');
    expect(formatState(changeState(state, { view: 'map' }))).toBe('?namespace=shop');
    expect(formatState(changeState(state, { after: 'z' }))).toBe('?view=flows&after=z&id=y&namespace=shop');
  });

  test('a question has the filters, and one kind of time', () => {
    expect(questionOf(parseState('?last=1h&pod=a%26b'), { size: '5', after: '' })).toBe(
      'last=1h&pod=a%26b&size=5',
    );
    expect(questionOf(parseState('?from=1&last=1h'))).toBe('from=1');
  });
});

import type { KqlLiteral, KqlToken } from './kql-tokens.ts';
import { kqlTokens } from './kql-tokens.ts';

/** What a KQL text says. */
export type Kql =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Kql[] }
  | { readonly kind: 'not'; readonly part: Kql }
  /** Without a field: any field. */
  | { readonly kind: 'is'; readonly field: string | undefined; readonly value: KqlLiteral }
  | {
      readonly kind: 'range';
      readonly field: string;
      readonly operator: '<' | '<=' | '>' | '>=';
      readonly value: string;
    }
  | { readonly kind: 'nested'; readonly path: string; readonly part: Kql }
  | { readonly kind: 'all' };

/**
 * Reads a subset of KQL: and, or, not, parentheses, `field: value`, lists of values, ranges, wildcards, quotes and
 * nested groups. Throws where a text is none.
 */
export function parseKql(text: string): Kql {
  const tokens = kqlTokens(text);
  if (tokens.length === 0) return { kind: 'all' };
  const reader = new Reader(tokens);
  const query = reader.query();
  reader.expectEnd();
  return query;
}

class Reader {
  readonly #tokens: readonly KqlToken[];
  #at = 0;

  constructor(tokens: readonly KqlToken[]) {
    this.#tokens = tokens;
  }

  expectEnd(): void {
    if (this.#at < this.#tokens.length) this.#fail();
  }

  query(): Kql {
    return this.#chain('or', () => this.#chain('and', () => this.#negation()));
  }

  #chain(word: 'and' | 'or', next: () => Kql): Kql {
    const parts = [next()];
    while (this.#takes('word', word)) parts.push(next());
    return parts.length === 1 ? parts[0] : { kind: word, parts };
  }

  #negation(): Kql {
    return this.#takes('word', 'not') ? { kind: 'not', part: this.#clause() } : this.#clause();
  }

  #clause(): Kql {
    if (this.#takes('mark', '(')) return this.#until(')', this.query());
    const name = this.#literal();
    if (this.#takes('mark', ':')) return this.#values(name.text);
    for (const operator of ['<=', '<', '>=', '>'] as const) {
      if (this.#takes('mark', operator)) {
        return { kind: 'range', field: name.text, operator, value: this.#literal().text };
      }
    }
    return { kind: 'is', field: undefined, value: name };
  }

  #values(field: string): Kql {
    if (this.#takes('mark', '{'))
      return { kind: 'nested', path: field, part: this.#until('}', this.query()) };
    if (this.#takes('mark', '(')) return this.#until(')', this.#list(field));
    return { kind: 'is', field, value: this.#literal() };
  }

  #list(field: string): Kql {
    const value = (): Kql => {
      if (this.#takes('word', 'not')) return { kind: 'not', part: value() };
      if (this.#takes('mark', '(')) return this.#until(')', this.#list(field));
      return { kind: 'is', field, value: this.#literal() };
    };
    return this.#chain('or', () => this.#chain('and', value));
  }

  /** Bare words in a row are one value. */
  #literal(): KqlLiteral {
    const words: KqlLiteral[] = [];
    for (;;) {
      const token = this.#tokens[this.#at];
      if (token?.kind !== 'literal' || (words.length > 0 && (token.isQuoted || words[0].isQuoted))) break;
      words.push(token);
      this.#at++;
    }
    if (words.length === 0) this.#fail();
    const text = words.map((word) => word.text).join(' ');
    return { ...words[0], text, hasWildcard: words.some(({ hasWildcard }) => hasWildcard) };
  }

  #until(mark: string, part: Kql): Kql {
    if (!this.#takes('mark', mark)) this.#fail();
    return part;
  }

  #takes(kind: 'mark' | 'word', text: string): boolean {
    const token = this.#tokens[this.#at];
    const isIt = token?.kind === kind && token.text === text;
    if (isIt) this.#at++;
    return isIt;
  }

  #fail(): never {
    throw new Error(`No KQL: "${this.#tokens[this.#at]?.text ?? 'the end'}" is not expected there.`);
  }
}

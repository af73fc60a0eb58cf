/** A piece of a KQL text. A literal keeps its escapes resolved; `hasWildcard` where a bare star was in it. */
export type KqlToken =
  | { readonly kind: 'mark'; readonly text: '(' | ')' | '{' | '}' | ':' | '<' | '<=' | '>' | '>=' }
  | { readonly kind: 'word'; readonly text: 'and' | 'or' | 'not' }
  | KqlLiteral;

export interface KqlLiteral {
  readonly kind: 'literal';
  readonly text: string;
  readonly isQuoted: boolean;
  readonly hasWildcard: boolean;
}

const MARK = /^(?:<=|>=|[(){}:<>])/;
const QUOTED = /^"((?:[^"\\]|\\.)*)"/s;
/** Dots, slashes and hyphens are plain; a backslash takes the meaning from what follows. */
const BARE = /^(?:\\.|[^\s(){}:<>"\\])+/s;
const OPERATOR = /^(and|or|not)$/i;

/** Throws where a text is no KQL. */
export function kqlTokens(text: string): KqlToken[] {
  const tokens: KqlToken[] = [];
  let rest = text.trimStart();
  while (rest !== '') {
    const [token, length] = first(rest);
    tokens.push(token);
    rest = rest.slice(length).trimStart();
  }
  return tokens;
}

function first(rest: string): [token: KqlToken, length: number] {
  const [mark] = MARK.exec(rest) ?? [];
  if (mark !== undefined) return [{ kind: 'mark', text: mark } as KqlToken, mark.length];
  const [quoted, inside] = QUOTED.exec(rest) ?? [];
  if (quoted !== undefined) {
    return [{ kind: 'literal', text: unescaped(inside), isQuoted: true, hasWildcard: false }, quoted.length];
  }
  const [bare] = BARE.exec(rest) ?? [];
  if (bare === undefined) throw new Error(`No KQL: ${rest}`);
  if (OPERATOR.test(bare)) return [{ kind: 'word', text: bare.toLowerCase() } as KqlToken, bare.length];
  const hasWildcard = bare.replace(/\\./gs, '').includes('*');
  // Stars that are meant as such stay apart from those that are wildcards only by this flag: enough here.
  return [{ kind: 'literal', text: unescaped(bare), isQuoted: false, hasWildcard }, bare.length];
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/gs, '$1');
}

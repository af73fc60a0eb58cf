/** A pattern of text that stands for itself, with other patterns in it. */
export function literal(texts: TemplateStringsArray, ...patterns: readonly string[]): string {
  return String.raw({ raw: texts.map((text) => RegExp.escape(text)) }, ...patterns);
}

export function optional(pattern: string): string {
  return `(?:${pattern})?`;
}

export function oneOf(...texts: readonly string[]): string {
  return `(?:${texts.map((text) => RegExp.escape(text)).join('|')})`;
}

/** A part of the line that is to be read. `\k<name>` is the same text again. */
export function part(name: string, pattern: string): string {
  return `(?<${name}>${pattern})`;
}

const NAMED = /\(\?<(\w+)>/g;
const SAME = /\\k<(\w+)>/g;

/**
 * The form of a whole line. Its parts are read by their places: an object of them by their names, for each line, would cost
 * more than all the rest.
 */
export class LineGrammar {
  readonly #pattern: RegExp;
  readonly #names: readonly string[];

  constructor(pattern: string) {
    this.#names = [...pattern.matchAll(NAMED)].map(([, name]) => name);
    const numbered = pattern.replace(NAMED, '(').replace(SAME, (_, name) => `(?:\\${this.place(name)})`);
    this.#pattern = new RegExp(`^${numbered}$`);
  }

  /** Parts have their places in the order in which they begin. */
  place(name: string): number {
    const index = this.#names.indexOf(name);
    if (index < 0) throw new RangeError(`The line has no part ${name}.`);
    return index + 1;
  }

  /** The parts of a line, undefined those that it does not have; undefined where it has another form. */
  read(line: string): readonly (string | undefined)[] | undefined {
    return this.#pattern.exec(line) ?? undefined;
  }
}

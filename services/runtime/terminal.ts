/** What a terminal is written to; `process.stderr` is one. */
export interface TerminalStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** SGR parameters of ECMA-48 section 8.3.117, with the one that ends each. */
const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export type Style = keyof typeof STYLES;

/** ECMA-48: carriage return, then EL (erase to the end of the line). */
const ERASE_LINE = '\r\u001b[K';
const DEFAULT_COLUMNS = 80;

/** stderr as the user sees it: lines, one line of progress below them, and colours where they are wanted. */
export class Terminal {
  /** A person is looking: progress is shown, logs are short. */
  readonly interactive: boolean;
  readonly #stream: TerminalStream;
  readonly #colours: boolean;
  #progress = '';

  /** @param env NO_COLOR (no-color.org), FORCE_COLOR and TERM are read from it */
  constructor(stream: TerminalStream, env: Readonly<Record<string, string | undefined>>) {
    this.#stream = stream;
    this.interactive = stream.isTTY === true && env.TERM !== 'dumb';
    this.#colours = !env.NO_COLOR && (this.interactive || isForced(env.FORCE_COLOR));
  }

  /** The text in a style, or as it is where colours are not wanted. */
  paint(style: Style, text: string): string {
    if (!this.#colours) return text;
    const [on, off] = STYLES[style];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  }

  /** Writes a whole line; a line of progress stays below it. */
  line(text: string): void {
    if (this.#progress === '') this.#stream.write(`${text}\n`);
    else this.#stream.write(`${ERASE_LINE}${text}\n${this.#progress}`);
  }

  /** Shows or rewrites the line of progress, cut to the terminal's width. Nothing where nobody looks. */
  progress(text: string): void {
    if (!this.interactive) return;
    this.#progress = printable(text).slice(0, (this.#stream.columns ?? DEFAULT_COLUMNS) - 1);
    this.#stream.write(`${ERASE_LINE}${this.#progress}`);
  }

  /** Takes the line of progress away. */
  endProgress(): void {
    if (this.#progress !== '') this.#stream.write(ERASE_LINE);
    this.#progress = '';
  }
}

/** The text with control characters made visible: names from the network must not steer the user's terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => {
    const code = character.codePointAt(0) ?? 0;
    return `\\x${code.toString(16).padStart(2, '0')}`;
  });
}

function isForced(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0';
}

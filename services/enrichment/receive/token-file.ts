import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Clock } from '../../runtime/clock.ts';
import { FlowtapError } from '../../runtime/errors.ts';
import { watchFiles } from '../../runtime/file-watch.ts';
import type { Logger } from '../../runtime/logger.ts';
import type { TokenAuthority, TokenVerdict } from './authenticator.ts';

interface SharedToken {
  readonly name: string;
  readonly digest: Buffer;
}

export interface TokenFileWatch {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly intervalMs?: number;
}

/** Shorter ones can be guessed. */
const MIN_TOKEN_LENGTH = 16;
const LINE = /^([\w.-]{1,63}):(\S+)$/;
const NOT_HERE: TokenVerdict = { kind: 'unknown', message: 'Nobody knows this token.' };

/** Tokens for senders that have none of Kubernetes: a file with lines `name:token`; `#` begins a comment. */
export class TokenFile implements TokenAuthority {
  readonly #path: string;
  #tokens: readonly SharedToken[];

  /** Throws a FlowtapError CONFIG_INVALID that names the line, and never a token. */
  constructor(path: string) {
    this.#path = path;
    this.#tokens = readTokens(path);
  }

  judge(token: string): Promise<TokenVerdict> {
    const digest = digestOf(token);
    // All are compared, and digests of one length, so that time tells nothing.
    const found = this.#tokens.filter((known) => timingSafeEqual(known.digest, digest));
    if (found.length === 0) return Promise.resolve(NOT_HERE);
    return Promise.resolve({
      kind: 'accepted',
      sender: { method: 'token_file', name: `token:${found[0].name}` },
    });
  }

  /** Reads the file again when it changes, until the signal. A file that makes no sense leaves the former tokens. */
  watch({ clock, signal, log, intervalMs }: TokenFileWatch): Promise<void> {
    return watchFiles({
      paths: [this.#path],
      clock,
      signal,
      ...(intervalMs !== undefined && { intervalMs }),
      onChange: () => {
        this.#tokens = readTokens(this.#path);
        log.info({ 'file.path': this.#path, count: this.#tokens.length }, 'shared tokens reloaded');
      },
      onError: (error) => log.warn({ error }, 'shared tokens not reloaded; the former ones stay in use'),
    });
  }
}

function readTokens(path: string): SharedToken[] {
  const tokens = readText(path)
    .split('\n')
    .flatMap((text, index) => {
      const line = text.trim();
      if (line === '' || line.startsWith('#')) return [];
      const [, name, token] = LINE.exec(line) ?? [];
      if (token === undefined) throw invalid(path, `line ${index + 1} is not of the form name:token`);
      if (token.length < MIN_TOKEN_LENGTH) {
        throw invalid(path, `the token of ${name} has fewer than ${MIN_TOKEN_LENGTH} characters`);
      }
      return [{ name, digest: digestOf(token) }];
    });
  if (tokens.length === 0) throw invalid(path, 'there is no line of the form name:token');
  return tokens;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw invalid(path, (cause as Error).message, cause);
  }
}

function invalid(path: string, reason: string, cause?: unknown): FlowtapError {
  return new FlowtapError('CONFIG_INVALID', 'config', `The token file ${path} cannot be used: ${reason}.`, {
    cause,
  });
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

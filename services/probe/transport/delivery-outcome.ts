import type { ReceiverAnswer } from './receiver.ts';
import { parseRetryAfter } from './retry-after.ts';

/** What an answer means for the delivery. */
export type DeliveryOutcome =
  /** The receiver has it. */
  | { readonly kind: 'delivered'; readonly rejected: number; readonly duplicates: number }
  /** Less at once. */
  | { readonly kind: 'too_large' }
  /** It will never be taken as it is. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Who we are is not accepted, for now. */
  | { readonly kind: 'unauthorised'; readonly reason: string }
  /** Later, and not before `delayMs` if it is known. */
  | { readonly kind: 'slow_down'; readonly delayMs: number | undefined; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string };

const TOO_LARGE = 413;
/** Our bytes are at fault, so that sending them again is of no use. */
const REFUSED: readonly number[] = [400, 415, 422];
const UNAUTHORISED: readonly number[] = [401, 403];
const SLOW_DOWN: readonly number[] = [429, 503];

const MAX_REASON_CHARACTERS = 300;

/** All other answers, redirections and 404 among them, may be those of a receiver that is being set up. */
export function outcomeOf(answer: ReceiverAnswer, nowMs: number): DeliveryOutcome {
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: 'delivered', ...countsIn(answer.text) };
  if (status === TOO_LARGE) return { kind: 'too_large' };
  const reason = reasonOf(answer);
  if (REFUSED.includes(status)) return { kind: 'refused', reason };
  if (UNAUTHORISED.includes(status)) return { kind: 'unauthorised', reason };
  if (SLOW_DOWN.includes(status)) {
    return { kind: 'slow_down', delayMs: parseRetryAfter(answer.retryAfter, nowMs), reason };
  }
  return { kind: 'failed', reason };
}

/** Enrichment tells how many events it rejected, and how many it had already; others may answer anything. */
function countsIn(text: string): { readonly rejected: number; readonly duplicates: number } {
  const { rejected, duplicates } = parseObject(text);
  return { rejected: countOf(rejected), duplicates: countOf(duplicates) };
}

function countOf(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function reasonOf({ status, text }: ReceiverAnswer): string {
  const words = text.trim().slice(0, MAX_REASON_CHARACTERS);
  return words === '' ? `answer ${status}` : `answer ${status}: ${words}`;
}

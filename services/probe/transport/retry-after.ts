/**
 * How long a Retry-After header asks to wait (RFC 9110 section 10.2.3: seconds, or a date), in milliseconds from now;
 * undefined where it says nothing that can be used.
 */
export function parseRetryAfter(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const trimmed = text.trim();
  if (/^\d+$/.test(trimmed)) return Number(trimmed) * 1000;
  // Dates have a weekday and a time; Date.parse alone takes much else.
  if (!/^[a-z]{3,9},? .*\d\d:\d\d:\d\d/i.test(trimmed)) return undefined;
  const atMs = Date.parse(trimmed);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

/** Milliseconds since 1970, by the browser's clock; the only place of the page that asks for it. */
export function now(): number {
  return Date.now();
}

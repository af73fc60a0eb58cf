const NUL = '\0';
const REPLACEMENT = '\ufffd';

/**
 * A value as JSON that PostgreSQL takes for jsonb, which holds no NUL: another character stands in its place. Names that
 * the API server does not check may have one, and would keep a whole list from being stored.
 */
export function jsonbText(value: unknown): string {
  const text = JSON.stringify(value);
  return text.includes('\\u0000') ? JSON.stringify(value, withoutNul) : text;
}

function withoutNul(_name: string, value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll(NUL, REPLACEMENT) : value;
}

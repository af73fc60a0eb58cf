const MINUTE = '2026-01-15T10:03:'.length;
const ZERO = 0x30;
const DOT = 0x2e;
const Z = 0x5a;

let latestMinute = '';
let latestMinuteMs = 0;

/**
 * Milliseconds since 1970 of a time as ECS has it; what is finer is cut off. NaN where the text is no time. Times as the
 * probe writes them, which mostly share their minute, take a few steps only.
 */
export function parseInstant(text: string): number {
  if (text.length < MINUTE + 3 || text.charCodeAt(text.length - 1) !== Z) return Date.parse(text);
  if (!text.startsWith(latestMinute) || latestMinute === '') {
    const minute = text.slice(0, MINUTE);
    const ms = Date.parse(`${minute}00Z`);
    if (Number.isNaN(ms)) return Date.parse(text);
    latestMinute = minute;
    latestMinuteMs = ms;
  }
  const seconds = digit(text, MINUTE) * 10 + digit(text, MINUTE + 1);
  let at = MINUTE + 2;
  let ms = 0;
  if (text.charCodeAt(at) === DOT) {
    at++;
    for (let weight = 100; weight >= 1; weight /= 10) {
      if (at === text.length - 1) break;
      ms += digit(text, at++) * weight;
    }
    while (at < text.length - 1) if (Number.isNaN(digit(text, at++))) return Number.NaN;
  }
  return at === text.length - 1 && seconds < 60 ? latestMinuteMs + seconds * 1000 + ms : Number.NaN;
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - ZERO;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}

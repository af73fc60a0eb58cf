import type { LineWriter } from './line-writer.ts';

const SECONDS_PER_DAY = 86_400;

/** Writes times as ISO 8601 in UTC; remembers the date of the last day, since most times share it. */
export class IsoTimeWriter {
  #day = -1;
  #date = '';

  /** With a nine-digit fraction. Seconds since 1970 up to 2^32 - 1. */
  write(line: LineWriter, seconds: number, nanoseconds: number): void {
    this.#toSeconds(line, seconds);
    line.nanoseconds(nanoseconds);
    line.ascii('Z');
  }

  /** In milliseconds, as `@timestamp` has it. */
  writeMilliseconds(line: LineWriter, seconds: number, nanoseconds: number): void {
    this.#toSeconds(line, seconds);
    const milliseconds = Math.floor(nanoseconds / 1e6);
    const hundreds = Math.floor(milliseconds / 100);
    line.integer(hundreds);
    line.twoDigits(milliseconds - hundreds * 100);
    line.ascii('Z');
  }

  #toSeconds(line: LineWriter, seconds: number): void {
    const day = Math.floor(seconds / SECONDS_PER_DAY);
    if (day !== this.#day) {
      this.#day = day;
      this.#date = dateText(day);
    }
    const ofDay = seconds - day * SECONDS_PER_DAY;
    const hours = Math.floor(ofDay / 3600);
    const minutes = Math.floor((ofDay - hours * 3600) / 60);
    line.ascii(this.#date);
    line.twoDigits(hours);
    line.ascii(':');
    line.twoDigits(minutes);
    line.ascii(':');
    line.twoDigits(ofDay - hours * 3600 - minutes * 60);
    line.ascii('.');
  }
}

/** Days since 1970 as `2026-01-15T`. */
function dateText(day: number): string {
  return new Date(day * SECONDS_PER_DAY * 1000).toISOString().slice(0, 11);
}

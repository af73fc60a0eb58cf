import type { LineWriter } from './line-writer.ts';
import { piece } from './line-writer.ts';

const SECONDS_PER_DAY = 86_400;

/** Writes times as ISO 8601 in UTC; remembers the date of the last day, since most times share it. */
export class IsoTimeWriter {
  #dayStart = 0;
  #date = piece('1970-01-01T');

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
    let ofDay = seconds - this.#dayStart;
    if (ofDay < 0 || ofDay >= SECONDS_PER_DAY) {
      this.#dayStart = Math.floor(seconds / SECONDS_PER_DAY) * SECONDS_PER_DAY;
      this.#date = piece(dateText(this.#dayStart));
      ofDay = seconds - this.#dayStart;
    }
    const hours = (ofDay / 3600) | 0;
    const minutes = ((ofDay - hours * 3600) / 60) | 0;
    line.piece(this.#date);
    line.twoDigits(hours);
    line.ascii(':');
    line.twoDigits(minutes);
    line.ascii(':');
    line.twoDigits(ofDay - hours * 3600 - minutes * 60);
    line.ascii('.');
  }
}

/** As `2026-01-15T`. */
function dateText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 11);
}

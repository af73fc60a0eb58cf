import { isUtf8 } from 'node:buffer';
import type { FlowBatchHeader } from '../../core/flow-batch.ts';
import type { EcsFlow } from '../document/ecs-flow.ts';
import { isHeaderLine, readHeader } from './batch-header.ts';
import { bodyLines } from './body-lines.ts';
import type { FieldComplaint } from './flow-check.ts';
import { asFlow, checkFlow } from './flow-check.ts';
import { isProbeEvent, readProbeLine } from './read-probe-line.ts';
import { Refusal } from './refusal.ts';

export interface BatchLimits {
  readonly maxLines: number;
  readonly maxLineBytes: number;
}

/** Room for a probe's counters, whatever a line of an event may have. */
const MAX_HEADER_BYTES = 64 * 1024;

/** A line that is no event that can be taken. */
export interface BadLine extends FieldComplaint {
  /** Counted from 1. */
  readonly line: number;
  readonly original: string;
}

export interface ParsedBatch {
  readonly header: FlowBatchHeader | undefined;
  readonly events: readonly EcsFlow[];
  /** The line of each event. */
  readonly lines: readonly number[];
  readonly bad: readonly BadLine[];
  /** The events from `start` to before `end` as they came, after somebody has changed these. */
  readonly readAgain: (start: number, end: number) => readonly EcsFlow[];
  /** The line of an event as it came. */
  readonly textOf: (index: number) => string;
}

/**
 * Reads a body: an optional header, then events. A line that cannot be taken does not keep the others from it. Throws
 * a Refusal for a header that is wrong, for no line at all and for too many.
 */
export function parseBatch(body: Buffer, limits: BatchLimits): ParsedBatch {
  const isText = isUtf8(body);
  const events: EcsFlow[] = [];
  const lines: number[] = [];
  const texts: Buffer[] = [];
  const bad: BadLine[] = [];
  let header: FlowBatchHeader | undefined;
  let isFirst = true;
  for (const { number, bytes } of bodyLines(body)) {
    if (events.length + bad.length >= limits.maxLines) {
      throw new Refusal('too_large', `More than ${limits.maxLines} lines; send fewer events at once.`);
    }
    const value = parseLine(bytes, isText, isFirst ? MAX_HEADER_BYTES : limits.maxLineBytes);
    if (isFirst && isHeaderLine(value)) header = readHeader(value, number);
    else {
      const complaint = complaintOf(value, bytes, limits.maxLineBytes);
      if (complaint === undefined) {
        events.push(asFlow(value));
        lines.push(number);
        texts.push(bytes);
      } else bad.push(toBadLine(number, bytes, complaint, limits.maxLineBytes));
    }
    isFirst = false;
  }
  if (isFirst) throw new Refusal('empty', 'The body has no lines; send one JSON object a line.');
  const following = events.length + bad.length;
  if (header !== undefined && header.events !== following) {
    const message = `flowtap.batch.events must be the number of lines that follow (${following}), not ${header.events}`;
    throw new Refusal('bad_header', `line 1: ${message}`);
  }
  return {
    ...{ header, events, lines, bad },
    readAgain: (start, end) => texts.slice(start, end).map(readEvent),
    textOf: (index) => texts[index].toString('utf8'),
  };
}

/** An event that was read before. */
function readEvent(bytes: Buffer): EcsFlow {
  const value = readValue(bytes.toString('utf8'));
  if (!isProbeEvent(value)) checkFlow(value);
  return asFlow(value);
}

/** Why a line is no JSON. */
class LineProblem implements FieldComplaint {
  readonly field = '';
  readonly message: string;

  constructor(message: string) {
    this.message = message;
  }
}

function parseLine(bytes: Buffer, isText: boolean, maxBytes: number): unknown {
  if (bytes.length > maxBytes) return tooLong(bytes, maxBytes);
  if (!isText && !isUtf8(bytes)) return new LineProblem('the line is not UTF-8');
  try {
    return readValue(bytes.toString('utf8'));
  } catch (error) {
    return new LineProblem(`the line is not JSON: ${(error as Error).message}`);
  }
}

/** An event of a probe, or whatever JSON it is. */
function readValue(text: string): unknown {
  return readProbeLine(text) ?? JSON.parse(text);
}

function complaintOf(value: unknown, bytes: Buffer, maxBytes: number): FieldComplaint | undefined {
  if (value instanceof LineProblem) return value;
  if (bytes.length > maxBytes) return tooLong(bytes, maxBytes);
  return isProbeEvent(value) ? undefined : checkFlow(value);
}

function tooLong({ length }: Buffer, maxBytes: number): LineProblem {
  return new LineProblem(`the line has ${length} bytes; at most ${maxBytes} are taken`);
}

function toBadLine(line: number, bytes: Buffer, complaint: FieldComplaint, maxBytes: number): BadLine {
  const { field, message } = complaint;
  return { line, field, message, original: bytes.toString('utf8', 0, maxBytes) };
}

import type { FlowRequest } from './flow-request.ts';
import { headerOf } from './flow-request.ts';
import { Refusal } from './refusal.ts';

export interface Content {
  readonly isGzip: boolean;
  /** About as many as the body will have after decompression. */
  readonly expectedBytes: number;
}

/** Names under which NDJSON goes about. */
const TYPES = ['application/x-ndjson', 'application/ndjson', 'application/jsonl', 'application/x-jsonlines'];

/** What flow records, which are alike, come down to. */
const USUAL_COMPRESSION = 8;
const UNKNOWN_LENGTH_BYTES = 64 * 1024;

/** What the head of a request says of its body. Throws a Refusal. */
export function checkContent(request: FlowRequest, maxBodyBytes: number): Content {
  const type = headerOf(request, 'content-type')?.split(';')[0].trim().toLowerCase();
  if (type === undefined || !TYPES.includes(type)) {
    const given = type === undefined ? 'none' : type;
    throw new Refusal('unsupported_type', `The content type must be ${TYPES[0]}, not ${given}.`, {
      'accept-post': TYPES[0],
    });
  }
  const encoding = headerOf(request, 'content-encoding')?.trim().toLowerCase() ?? 'identity';
  const isGzip = encoding === 'gzip' || encoding === 'x-gzip';
  if (!isGzip && encoding !== 'identity') {
    throw new Refusal(
      'unsupported_encoding',
      `The content encoding must be gzip or identity, not ${encoding}.`,
      {
        'accept-encoding': 'gzip, identity',
      },
    );
  }
  const length = headerOf(request, 'content-length');
  const sentBytes = length === undefined ? UNKNOWN_LENGTH_BYTES : Number(length);
  if (sentBytes > maxBodyBytes) {
    throw new Refusal('too_large', `More than ${maxBodyBytes} bytes; send fewer events at once.`);
  }
  return {
    isGzip,
    expectedBytes: Math.min(maxBodyBytes, isGzip ? sentBytes * USUAL_COMPRESSION : sentBytes),
  };
}

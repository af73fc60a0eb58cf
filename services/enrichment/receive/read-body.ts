import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { Reservation } from './in-flight.ts';
import { Refusal, retryAfter } from './refusal.ts';

export interface BodyLimits {
  /** As sent, and after decompression. */
  readonly maxBodyBytes: number;
}

export interface ReadBody {
  readonly bytes: Buffer;
  /** As sent. */
  readonly sentBytes: number;
}

/** Thrown where the sender went away before its body was complete: there is nobody to answer. */
export class SenderGone extends Error {
  constructor() {
    super('The sender ended the connection before its body was complete.');
    this.name = 'SenderGone';
  }
}

const INFLATE_CHUNK_BYTES = 64 * 1024;
const BUSY_MS = 1000;

/**
 * The whole body, decompressed, never holding more of it than the reservation has. Throws a Refusal, after which the
 * body is paused where it is and the caller decides what becomes of the rest.
 */
export function readBody(
  body: Readable,
  isGzip: boolean,
  limits: BodyLimits,
  reservation: Reservation,
): Promise<ReadBody> {
  // It went while something else was waited for; nothing would tell of it any more.
  if (body.destroyed) return Promise.reject(new SenderGone());
  const { promise, resolve, reject } = Promise.withResolvers<ReadBody>();
  const gunzip = isGzip ? createGunzip({ chunkSize: INFLATE_CHUNK_BYTES }) : undefined;
  const content = gunzip ?? body;
  const chunks: Buffer[] = [];
  let bytes = 0;
  let sentBytes = 0;

  let isOver = false;
  const finish = (): void => {
    isOver = true;
    body.off('data', count).off('end', complete).off('error', gone).off('close', gone);
    content.off('data', take).off('end', end).off('error', damaged);
    if (gunzip === undefined) return;
    body.unpipe(gunzip);
    // It may still have something to say of what it was working on.
    gunzip.on('error', () => undefined).destroy();
  };
  const fail = (error: Error): void => {
    finish();
    body.pause();
    reject(error);
  };
  const failTooLarge = (): void => {
    const message = `More than ${limits.maxBodyBytes} bytes, sent or decompressed; send fewer events at once.`;
    fail(new Refusal('too_large', message));
  };
  const count = (chunk: Buffer): void => {
    sentBytes += chunk.length;
    if (sentBytes > limits.maxBodyBytes) failTooLarge();
  };
  const take = (chunk: Buffer): void => {
    if (isOver) return;
    const sum = bytes + chunk.length;
    if (sum > limits.maxBodyBytes) failTooLarge();
    else if (reservation.growTo(sum)) {
      bytes = sum;
      chunks.push(chunk);
    } else fail(new Refusal('busy', 'Too many bytes are being worked on.', retryAfter(BUSY_MS)));
  };
  const end = (): void => {
    finish();
    resolve({ bytes: chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, bytes), sentBytes });
  };
  const gone = (): void => fail(new SenderGone());
  // What was sent is complete, and may be closed while it is still being decompressed.
  const complete = (): void => void body.off('error', gone).off('close', gone);
  const damaged = (error: Error): void =>
    fail(new Refusal('damaged_encoding', `The body is not sound gzip: ${error.message}.`));

  body.on('error', gone).on('close', gone).on('end', complete).on('data', count);
  content.on('data', take).on('end', end);
  gunzip?.on('error', damaged);
  if (gunzip !== undefined) body.pipe(gunzip);
  return promise;
}

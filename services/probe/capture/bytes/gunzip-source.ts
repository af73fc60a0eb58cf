import type { InflateRaw } from 'node:zlib';
import { crc32, createInflateRaw } from 'node:zlib';
import type { ByteSource, SourceFailure } from './byte-source.ts';
import type { ByteWindow } from './byte-window.ts';
import { gzipHeaderBytes, INCOMPLETE, NOT_GZIP } from './gzip-header.ts';

/** CRC-32 and the length of the uncompressed data, RFC 1952, section 2.3.1. */
const TRAILER_BYTES = 8;

const INFLATE_CHUNK_BYTES = 65_536;

/**
 * The decompressed bytes of gzip data (RFC 1952), all members one after the other. The framing is read here and
 * not by zlib, because zlib's own stream drops its last output when a check sum or what follows a member is
 * wrong. Padding with zeros after the last member is no failure. Where the deflate data themselves are corrupt,
 * up to 64 KiB (one output of zlib) before that place are lost; they may be wrong already.
 */
export class GunzipSource implements ByteSource {
  failure: SourceFailure | undefined;
  readonly #input: ByteWindow;
  #inflate: InflateRaw | undefined;
  #inflateError: Error | undefined;
  #deflateEnded = false;
  #writing = false;
  #wake: (() => void) | undefined;
  #crc = 0;
  #length = 0;
  #members = 0;
  #ended = false;

  /** @param input a window over the compressed bytes, which the source then owns */
  constructor(input: ByteWindow) {
    this.#input = input;
  }

  async read(into: Uint8Array, offset: number, length: number): Promise<number> {
    while (!this.#ended) {
      if (this.#inflate === undefined && !(await this.#openMember())) break;
      const count = await this.#inflateInto(into, offset, length);
      if (count > 0) {
        this.#crc = crc32(into.subarray(offset, offset + count), this.#crc);
        this.#length = (this.#length + count) >>> 0;
        return count;
      }
      if (this.#ended || !(await this.#closeMember())) break;
    }
    return 0;
  }

  close(): Promise<void> {
    this.#ended = true;
    this.#inflate?.destroy();
    this.#wake?.();
    return this.#input.close();
  }

  async #openMember(): Promise<boolean> {
    const input = this.#input;
    for (;;) {
      const header = gzipHeaderBytes(input.bytes, input.position, input.end);
      if (header === NOT_GZIP) return this.#refuseMember();
      if (header !== INCOMPLETE) {
        input.position += header;
        break;
      }
      if (!(await input.fill())) return this.#endBetweenMembers();
    }
    this.#startInflate();
    return true;
  }

  #startInflate(): void {
    const inflate = createInflateRaw({ chunkSize: INFLATE_CHUNK_BYTES });
    inflate.on('readable', () => this.#wake?.());
    inflate.on('end', () => {
      this.#deflateEnded = true;
      this.#wake?.();
    });
    inflate.on('error', (error) => {
      this.#inflateError = error;
      this.#wake?.();
    });
    this.#inflate = inflate;
    this.#deflateEnded = false;
    this.#crc = 0;
    this.#length = 0;
    this.#members++;
  }

  /** Gives 0 at the end of the member's deflate data, or of everything (`#ended`). */
  async #inflateInto(into: Uint8Array, offset: number, length: number): Promise<number> {
    const inflate = this.#inflate as InflateRaw;
    while (!this.#ended) {
      const chunk: Uint8Array | null = inflate.read(Math.min(inflate.readableLength, length));
      if (chunk !== null) {
        into.set(chunk, offset);
        return chunk.length;
      }
      if (this.#inflateError !== undefined) this.#failCorrupt(this.#inflateError);
      else if (this.#deflateEnded && !this.#writing) return 0;
      else if (this.#writing || (await this.#write(inflate))) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
    return 0;
  }

  /** Gives zlib what is in memory; the window stands still until zlib has used it. */
  async #write(inflate: InflateRaw): Promise<boolean> {
    const input = this.#input;
    if (input.unread === 0 && !(await input.fill())) return this.#cutShort();
    const start = input.position - inflate.bytesWritten;
    this.#writing = true;
    inflate.write(input.bytes.subarray(input.position, input.end), () => {
      this.#writing = false;
      input.position = start + inflate.bytesWritten;
      this.#wake?.();
    });
    return true;
  }

  async #closeMember(): Promise<boolean> {
    const input = this.#input;
    this.#inflate?.destroy();
    this.#inflate = undefined;
    while (input.unread < TRAILER_BYTES) {
      if (!(await input.fill())) return this.#cutShort();
    }
    const crc = input.view.getUint32(input.position, true);
    const length = input.view.getUint32(input.position + 4, true);
    if (crc !== this.#crc) return this.#fail('the check sum of the decompressed data is wrong');
    if (length !== this.#length) return this.#fail('the length of the decompressed data is wrong');
    input.position += TRAILER_BYTES;
    return true;
  }

  #endBetweenMembers(): false {
    return this.#members > 0 && this.#input.unread === 0 ? this.#end() : this.#cutShort();
  }

  #refuseMember(): false {
    if (this.#members === 0) return this.#fail('the gzip header is damaged');
    if (this.#input.bytes[this.#input.position] === 0) return this.#end();
    return this.#fail('something else follows the gzip data');
  }

  #cutShort(): false {
    if (this.#input.sourceFailure !== undefined) {
      this.failure = this.#input.sourceFailure;
      return this.#end();
    }
    return this.#fail('the compressed data end too early');
  }

  #failCorrupt(error: Error): false {
    return this.#fail(`${error.message} in the compressed data`);
  }

  #fail(what: string): false {
    this.failure = { code: 'BAD_GZIP', reason: `Decompressing failed: ${what}.` };
    return this.#end();
  }

  #end(): false {
    this.#ended = true;
    return false;
  }
}

const NEWLINE = 0x0a;

/** No object of the API is larger than what etcd takes, 1.5 MiB by default; written as JSON perhaps thrice that. */
const MAX_LINE_BYTES = 16 << 20;

/**
 * The lines of a body, with undefined for one longer than any object can be. What follows the last newline is a line that was cut, and is left
 * out. Every chunk calls `onChunk`, so that a caller can tell silence from large objects.
 */
export async function* watchLines(
  chunks: AsyncIterable<Buffer>,
  onChunk: () => void,
  maxLineBytes = MAX_LINE_BYTES,
): AsyncGenerator<string | undefined> {
  let parts: Buffer[] = [];
  let heldBytes = 0;
  let isTooLong = false;
  for await (const chunk of chunks) {
    onChunk();
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end));
      start = end + 1;
      if (isTooLong) yield undefined;
      else yield Buffer.concat(parts).toString('utf8');
      parts = [];
      heldBytes = 0;
      isTooLong = false;
    }
    if (start === chunk.length) continue;
    heldBytes += chunk.length - start;
    isTooLong ||= heldBytes > maxLineBytes;
    if (isTooLong) parts = [];
    else parts.push(chunk.subarray(start));
  }
}

import { BLOCK_TRAILER_BYTES } from './pcapng-block.ts';
import { isTimestampResolution, TimestampScale } from './timestamp-scale.ts';

/** What an Interface Description Block says of the packets that name it. */
export interface PcapngInterface {
  readonly linkType: number;
  /** 0 is without limit. */
  readonly snaplenBytes: number;
  readonly timestamps: TimestampScale;
}

/** Option codes, draft-ietf-opsawg-pcapng section 4.2. */
const OPT_ENDOFOPT = 0;
const IF_TSRESOL = 9;
const IF_TSOFFSET = 14;
const OPTION_HEADER_BYTES = 4;

/** Where the options start in the block: behind type, length, link type, reserved and snaplen. */
const OPTIONS_OFFSET = 16;

/**
 * Reads an Interface Description Block, `start` to `end` in `view`. Gives a sentence instead where the options
 * run over the block or the time stamp options cannot be meant as they stand.
 */
export function readPcapngInterface(
  view: DataView,
  start: number,
  end: number,
  littleEndian: boolean,
): PcapngInterface | string {
  let resolution: number | undefined;
  let offsetSeconds = 0;
  const optionsEnd = end - BLOCK_TRAILER_BYTES;
  for (let at = start + OPTIONS_OFFSET; at < optionsEnd; ) {
    if (at + OPTION_HEADER_BYTES > optionsEnd) return 'An interface option is cut short.';
    const code = view.getUint16(at, littleEndian);
    const length = view.getUint16(at + 2, littleEndian);
    const value = at + OPTION_HEADER_BYTES;
    at = value + ((length + 3) & ~3);
    if (at > optionsEnd) return 'An interface option is longer than its block.';
    if (code === OPT_ENDOFOPT) break;
    if (code === IF_TSRESOL) {
      resolution = view.getUint8(value);
      const isUsable = length === 1 && isTimestampResolution(resolution);
      if (!isUsable) return 'The time resolution of an interface is invalid.';
    } else if (code === IF_TSOFFSET) {
      if (length !== 8) return 'The time offset of an interface is invalid.';
      offsetSeconds = Number(view.getBigInt64(value, littleEndian));
    }
  }
  return {
    linkType: view.getUint16(start + 8, littleEndian),
    snaplenBytes: view.getUint32(start + 12, littleEndian),
    timestamps: new TimestampScale(resolution, offsetSeconds),
  };
}

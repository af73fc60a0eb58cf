import { createHmac } from 'node:crypto';
import { formatIp } from '../../core/ip-address.ts';
import type { Address } from './address.ts';

/** What becomes of public addresses, for data protection. All but `keep` need a key. */
export type PublicAddresses =
  | { readonly treatment: 'keep' }
  | { readonly treatment: 'truncate' | 'hash' | 'drop'; readonly key: string };

/** RFC 3849: of no real host, so nobody takes a pseudonym for an address. */
const PSEUDONYM_PREFIX = [0x20, 0x01, 0x0d, 0xb8];

/** Digest of a Community ID, and of its pseudonym. */
const COMMUNITY_ID_BYTES = 20;

/**
 * Makes public addresses say less. A Community ID says as much as the addresses it is made of, since all of them can be
 * tried; so it becomes a pseudonym too, the same one for the same id, and so does what begins with it.
 */
export class AddressTreatment {
  readonly #treatment: 'truncate' | 'hash' | 'drop';
  readonly #key: string;

  constructor(options: Exclude<PublicAddresses, { treatment: 'keep' }>) {
    this.#treatment = options.treatment;
    this.#key = options.key;
  }

  /** The text in place of an address; undefined where nothing is to be said. */
  address({ text, bytes }: Address): string | undefined {
    if (this.#treatment === 'drop') return undefined;
    if (this.#treatment === 'hash') {
      const digest = this.#digest('address', text);
      return formatIp(Uint8Array.of(...PSEUDONYM_PREFIX, ...digest.subarray(0, 12)));
    }
    const kept = Uint8Array.from(bytes).fill(0, bytes.length === 4 ? 3 : 6);
    return formatIp(kept);
  }

  communityId(id: string): string {
    return `1:${this.#digest('community-id', id).subarray(0, COMMUNITY_ID_BYTES).toString('base64')}`;
  }

  /** An id of a flow or record, whose first part is a Community ID that a slash ends. */
  recordId(id: string): string {
    const slash = id.startsWith('1:') && id[30] === '/' ? 30 : -1;
    if (slash > 0) return this.communityId(id.slice(0, slash)) + id.slice(slash);
    return this.#digest('record-id', id).subarray(0, COMMUNITY_ID_BYTES).toString('base64url');
  }

  #digest(what: string, text: string): Buffer {
    return createHmac('sha256', this.#key).update(`${what}\0${text}`).digest();
  }
}

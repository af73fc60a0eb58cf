/**
 * Where a packet source puts what it reads. A source calls `packet` once for each frame, in the order of
 * capture; the call copies what it needs, so the source may reuse the memory behind `view` at once.
 */
export interface PacketSink {
  /**
   * @param view memory that holds the frame
   * @param offset where the frame's first captured byte stands in `view`
   * @param capturedBytes how many bytes of the frame are there
   * @param wireBytes how long the frame was on the wire
   * @param linkType the frame's first header, a LINKTYPE_ number (the pcap link-type registry)
   * @param seconds whole seconds since 1970 (UTC), 0 to 2^32 - 1
   * @param nanoseconds the rest of the time stamp, 0 to 999,999,999
   * @param circumstances what a live capture knows beside the bytes, see `circumstances()`; 0 knows nothing
   */
  packet(
    view: DataView,
    offset: number,
    capturedBytes: number,
    wireBytes: number,
    linkType: number,
    seconds: number,
    nanoseconds: number,
    circumstances: number,
  ): void;
}

/** Which way a frame passed the interface, as far as the source knows. */
export const ORIGIN_UNKNOWN = 0;
/** The frame came in from the network. */
export const ORIGIN_RECEIVED = 1;
/** This host sent the frame (PACKET_OUTGOING in linux/if_packet.h). */
export const ORIGIN_SENT = 2;

/**
 * What a live capture knows of a frame beside its bytes, in one integer (no allocation on the packet path):
 * bits 0-1 the origin, bits 8-15 `gso_type` and bits 16-31 `gso_size` of struct virtio_net_hdr (linux/virtio_net.h).
 */
export function circumstances(origin: number, gsoType: number, gsoSize: number): number {
  return origin | (gsoType << 8) | (gsoSize << 16);
}

// What the kernel writes into a packet ring (TPACKET_V3, linux/if_packet.h). In a file of its own the bundler puts these
// numbers in where they are used.

// struct tpacket_block_desc (linux/if_packet.h), in 32-bit words.
export const BLOCK_STATUS = 2;
export const BLOCK_PACKETS = 3;
export const BLOCK_FIRST_PACKET = 4;
export const TP_STATUS_KERNEL = 0;
export const TP_STATUS_USER = 1;

// struct tpacket3_hdr, then struct sockaddr_ll at 48, in bytes.
export const NEXT_OFFSET = 0;
export const SECONDS = 4;
export const NANOSECONDS = 8;
export const CAPTURED_BYTES = 12;
export const WIRE_BYTES = 16;
export const LINK_HEADER_OFFSET = 24;
export const NETWORK_HEADER_OFFSET = 26;
export const ETHER_TYPE = 48 + 2;
export const HARDWARE_TYPE = 48 + 8;
export const PACKET_TYPE = 48 + 10;

// struct virtio_net_hdr (linux/virtio_net.h), which ends where the frame begins.
export const VNET_GSO_TYPE = 1 - 10;
export const VNET_GSO_SIZE = 4 - 10;

import { formatIp } from '../../core/ip-address.ts';
import { HOST_IS_LITTLE_ENDIAN } from '../capture/host-byte-order.ts';

/** AF_ numbers (linux/socket.h). */
export const AF_INET = 2;
export const AF_INET6 = 10;

/** sizeof(struct sockaddr_in6), the longer one. */
const SOCKET_ADDRESS_BYTES = 28;

export interface SocketAddress {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly port: number;
}

export function addressFamily(address: Uint8Array): number {
  return address.length === 4 ? AF_INET : AF_INET6;
}

/**
 * struct sockaddr_in: family (2), port (2, network order), address (4), padding (8); struct sockaddr_in6: family (2),
 * port (2), flow (4), address (16), scope (4). See linux/in.h, linux/in6.h.
 */
export function encodeSocketAddress({ address, port }: SocketAddress): Uint8Array {
  const isIpv4 = address.length === 4;
  const bytes = new Uint8Array(isIpv4 ? 16 : SOCKET_ADDRESS_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, addressFamily(address), HOST_IS_LITTLE_ENDIAN);
  view.setUint16(2, port);
  bytes.set(address, isIpv4 ? 4 : 8);
  return bytes;
}

export function decodeSocketAddress(bytes: Uint8Array): SocketAddress {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isIpv4 = view.getUint16(0, HOST_IS_LITTLE_ENDIAN) === AF_INET;
  return {
    address: isIpv4 ? bytes.slice(4, 8) : bytes.slice(8, 24),
    port: view.getUint16(2),
  };
}

/** Room for an address of either family. */
export function emptySocketAddress(): Uint8Array {
  return new Uint8Array(SOCKET_ADDRESS_BYTES);
}

/** `192.0.2.1:443`, `[2001:db8::1]:443`. */
export function formatSocketAddress({ address, port }: SocketAddress): string {
  const host = formatIp(address) ?? '';
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

import { getSocketOption } from '../capture/system-calls.ts';
import type { OwnVolume } from './connector.ts';

// linux/in.h, linux/tcp.h.
const IPPROTO_TCP = 6;
const TCP_INFO = 11;

/** struct tcp_info, as far as it is read, in 32-bit words; older kernels fill less of it. */
const TCP_INFO_WORDS = 52;
const TCPI_BYTES_RECEIVED = 32;
const TCPI_SEGS_OUT = 34;
const TCPI_SEGS_IN = 35;
const TCPI_BYTES_SENT = 50;

export const NO_VOLUME: OwnVolume = { sentPackets: 0, receivedPackets: 0, sentBytes: 0, receivedBytes: 0 };

/** What a connection has carried so far; the descriptor must be open. */
export function readTcpVolume(descriptor: number): OwnVolume {
  const info = getSocketOption(descriptor, IPPROTO_TCP, TCP_INFO, new Uint32Array(TCP_INFO_WORDS));
  const long = new BigUint64Array(info.buffer);
  return {
    sentPackets: info[TCPI_SEGS_OUT],
    receivedPackets: info[TCPI_SEGS_IN],
    sentBytes: Number(long[TCPI_BYTES_SENT / 2]),
    receivedBytes: Number(long[TCPI_BYTES_RECEIVED / 2]),
  };
}

export function sumOfVolumes(volumes: readonly OwnVolume[]): OwnVolume {
  return volumes.reduce(
    (sum, volume) => ({
      sentPackets: sum.sentPackets + volume.sentPackets,
      receivedPackets: sum.receivedPackets + volume.receivedPackets,
      sentBytes: sum.sentBytes + volume.sentBytes,
      receivedBytes: sum.receivedBytes + volume.receivedBytes,
    }),
    NO_VOLUME,
  );
}

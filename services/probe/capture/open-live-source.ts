import { CAP_NET_RAW, raiseCapability } from '../../runtime/linux/raise-capability.ts';
import { openLibpcapSource } from './libpcap.ts';
import type { LiveSourceOptions } from './live-source.ts';
import { LiveSource } from './live-source.ts';
import type { PacketSource } from './packet-source.ts';

export interface OpenLiveSourceOptions extends LiveSourceOptions {
  /** The kernel's packet ring, or libpcap where there is none. */
  readonly through: 'ring' | 'libpcap';
}

/** Opens a live capture. Throws what `LiveSource` and `openLibpcapSource` throw. */
export async function openLiveSource(options: OpenLiveSourceOptions): Promise<PacketSource> {
  raiseCapability(CAP_NET_RAW);
  return options.through === 'ring' ? new LiveSource(options) : await openLibpcapSource(options);
}

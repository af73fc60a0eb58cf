import { GRE, IPV4, TCP, UDP } from '../../services/core/protocol.ts';
import { circumstances } from '../../services/probe/capture/packet-sink.ts';
import { ethernet, hex, ipv4, ipv6, udp } from '../fixtures/frames.ts';
import { SAMPLE_FRAMES } from '../fixtures/sample-frames.ts';
import type { Xorshift } from './xorshift.ts';

const ETHERNET_BYTES = 14;

/** Those whose state is kept most of. */
const TCP_FRAMES = SAMPLE_FRAMES.filter(({ name }) => name.startsWith('TCP'));
const EMPTY = Buffer.alloc(0);

/** What can stand in front of an Ethernet frame, to make it the inside of a tunnel. */
const AROUND_ETHERNET: readonly Uint8Array[] = [
  ethernet(ipv4({ protocol: UDP }, udp(50_000, 4789, hex('08000000 00000100')))),
  ethernet(ipv4({ protocol: UDP }, udp(50_000, 6081, hex('0000 6558 00000100')))),
  ethernet(ipv4({ protocol: GRE }, hex('2000 6558 00000001'))),
  ethernet(ipv6({ nextHeader: GRE }, hex('0000 6558'))),
];

/** What can stand in front of an IPv4 packet. */
const AROUND_IPV4: readonly Uint8Array[] = [
  ethernet(ipv4({ protocol: IPV4 }, EMPTY)),
  ethernet(ipv6({ nextHeader: IPV4 }, EMPTY)),
  ethernet(ipv4({ protocol: GRE }, hex('0000 0800'))),
];

/** Values that mean something as a protocol, a version, a length or flags. */
const TELLING_BYTES = Uint8Array.of(
  0,
  1,
  2,
  4,
  6,
  17,
  41,
  43,
  44,
  47,
  50,
  51,
  58,
  60,
  132,
  135,
  139,
  140,
  255,
);
const TCP_FLAGS = Uint8Array.of(0x02, 0x12, 0x10, 0x10, 0x18, 0x10, 0x11, 0x04, 0x14, 0x00, 0xff);

/** Makes one random frame after the other in one buffer: valid ones, changed ones, tunnels, noise. */
export class PacketMutator {
  readonly memory = new Uint8Array(1024);
  readonly view = new DataView(this.memory.buffer);
  capturedBytes = 0;
  wireBytes = 0;
  linkType = 0;
  circumstances = 0;
  readonly #random: Xorshift;

  constructor(random: Xorshift) {
    this.#random = random;
  }

  next(): void {
    const random = this.#random;
    const samples = random.below(3) === 0 ? TCP_FRAMES : SAMPLE_FRAMES;
    const sample = samples[random.below(samples.length)];
    this.memory.set(sample.bytes);
    this.capturedBytes = sample.bytes.length;
    this.linkType = sample.linkType;
    this.#chooseFlow(sample.headerBytes);
    const chance = random.next() >>> 0;
    if ((chance & 0x7) === 0) this.#wrap();
    if ((chance & 0x18) === 0) this.#changeBytes(1 + random.below(4));
    if ((chance & 0x1e0) === 0) this.#changeLengths(sample.headerBytes);
    if ((chance & 0xe00) === 0) this.capturedBytes = random.below(this.capturedBytes + 1);
    if ((chance & 0xff000) === 0) this.#fillWithNoise();
    this.wireBytes = this.capturedBytes + ((chance & 0x300000) === 0 ? random.below(2000) : 0);
    if ((chance & 0xff000000) === 0) this.wireBytes = random.next() >>> 0;
    this.circumstances = random.below(3);
    if ((chance & 0x1c00000) === 0) {
      this.circumstances = circumstances(random.below(4), random.below(6), random.below(0x10000));
    }
  }

  /** Some of few flows, in either direction, and TCP that goes on anyhow. */
  #chooseFlow(ip: number): void {
    const random = this.#random;
    const { memory } = this;
    const choice = random.next() >>> 0;
    const isIpv4 = memory[ip] >> 4 === 4;
    const source = ip + (isIpv4 ? 14 : 22);
    const destination = ip + (isIpv4 ? 18 : 38);
    const end = choice & 1 ? source : destination;
    // Few flows have most of the packets.
    memory[end] = (choice & 0xf0) === 0 ? choice >>> 24 : 0;
    memory[end + 1] = (choice & 0x700) === 0 ? choice >>> 16 : (choice >>> 16) & 3;
    if (!isIpv4 || memory[ip] !== 0x45 || memory[ip + 9] !== TCP) return;
    const transport = ip + 20;
    memory[transport + 6] = choice >>> 14;
    memory[transport + 10] = choice >>> 10;
    memory[transport + 13] = TCP_FLAGS[random.below(TCP_FLAGS.length)];
    // More payload than is captured.
    if (choice & 2) memory[ip + 2] = (choice >>> 8) & 0x0f;
  }

  #wrap(): void {
    const random = this.#random;
    for (let depth = 1 + random.below(6); depth > 0; depth--) {
      if (this.linkType !== 1 || this.capturedBytes > 800) return;
      const isIpv4 = this.view.getUint16(12) === 0x0800;
      const aroundIp = isIpv4 && random.below(2) === 0;
      const headers = aroundIp ? AROUND_IPV4 : AROUND_ETHERNET;
      const header = headers[random.below(headers.length)];
      const from = aroundIp ? ETHERNET_BYTES : 0;
      this.memory.copyWithin(header.length, from, this.capturedBytes);
      this.memory.set(header);
      this.capturedBytes += header.length - from;
      this.#fitLength();
    }
  }

  /** The length of the outermost IP header, as if it had been written with its payload. */
  #fitLength(): void {
    const bytes = this.capturedBytes - ETHERNET_BYTES;
    const isIpv6 = this.memory[ETHERNET_BYTES] >> 4 === 6;
    if (isIpv6) this.view.setUint16(ETHERNET_BYTES + 4, bytes - 40);
    else this.view.setUint16(ETHERNET_BYTES + 2, bytes);
  }

  #changeBytes(count: number): void {
    const random = this.#random;
    for (let left = count; left > 0; left--) {
      const choice = random.next();
      const at = random.below(this.capturedBytes);
      if ((choice & 3) === 0) this.memory[at] ^= 1 << (choice >>> 29);
      else if ((choice & 3) === 1) this.memory[at] = choice >>> 24;
      else this.memory[at] = TELLING_BYTES[random.below(TELLING_BYTES.length)];
    }
  }

  #changeLengths(ip: number): void {
    const random = this.#random;
    const at = ip + (this.memory[ip] >> 4 === 4 ? 2 : 4);
    if (random.below(4) === 0) this.view.setUint16(at, 0);
    else this.view.setUint16(at, random.below(random.below(2) === 0 ? 200 : 0x10000));
  }

  #fillWithNoise(): void {
    for (let at = 0; at < this.capturedBytes; at += 4) this.view.setInt32(at, this.#random.next());
  }
}

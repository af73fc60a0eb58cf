import { readSync, writeSync } from 'node:fs';
import koffi from 'koffi';
import { ConversationFrames } from './conversation-frames.ts';
import { planTraffic } from './traffic-plan.ts';

/**
 * Sends conversations out of an interface, from a packet socket, evenly at a rate or as fast as it can:
 *
 *     node bench/packet-blaster.ts INTERFACE_INDEX DESTINATION_MAC FLOWS WARM_UP_PACKETS PACKETS PACKETS_PER_SECOND
 *
 * A rate of 0 is as fast as it can. Each line on stdin lets it go on: after the first it sends WARM_UP_PACKETS, after
 * the second PACKETS more of the same conversations, which stay open. Each time it then prints what it sent, as JSON.
 */
const [interfaceIndex, destinationMac, ...numbers] = process.argv.slice(2);
const [flows, warmUpPackets, packets, packetsPerSecond] = numbers.map(Number);

/** linux/socket.h, linux/if_packet.h. */
const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOL_PACKET = 263;
const PACKET_QDISC_BYPASS = 20;
/** The interface is full for the moment (asm-generic/errno.h). */
const ENOBUFS = 105;

const BATCH = 64;
const SLOT_BYTES = 2048;
/** More packets than any flow sends, so that no flow comes to its closing. */
const NEVER_CLOSING = 1 << 30;

const libc = koffi.load('libc.so.6');
const openSocket = libc.func('int socket(int, int, int)');
const bind = libc.func('int bind(int, void *, uint32_t)');
const setsockopt = libc.func('int setsockopt(int, int, int, void *, uint32_t)');
const sendmmsg = libc.func('int sendmmsg(int, void *, uint32_t, int)');

const descriptor = openTransmitSocket(Number(interfaceIndex));
const slots = new DataView(new ArrayBuffer(BATCH * SLOT_BYTES));
/** One struct iovec a slot: where, and how much. */
const vectors = new BigUint64Array(BATCH * 2);
const messages = messageHeaders();
const macHigh = Number.parseInt(destinationMac.replaceAll(':', '').slice(0, 8), 16);
const macLow = Number.parseInt(destinationMac.replaceAll(':', '').slice(8), 16);

const plan = planTraffic({ packets: warmUpPackets + packets, flows, seed: 1 });
plan.packetsOfFlow.fill(NEVER_CLOSING);
const frames = new ConversationFrames(plan);
waitForLine();
sendPackets(0, warmUpPackets);
waitForLine();
sendPackets(warmUpPackets, warmUpPackets + packets);

function waitForLine(): void {
  readSync(0, new Uint8Array(1));
}

function sendPackets(from: number, to: number): void {
  const started = performance.now();
  for (let sent = from; sent < to; sent += BATCH) {
    const batch = Math.min(BATCH, to - sent);
    for (let slot = 0; slot < batch; slot++) writeFrame(slot, plan.order[sent + slot]);
    for (let first = 0; first < batch; ) first += sendFrom(first, batch - first);
    if (packetsPerSecond > 0) waitUntil(started + ((sent + batch - from) / packetsPerSecond) * 1000);
  }
  writeSync(1, `${JSON.stringify({ sent: to - from, seconds: (performance.now() - started) / 1000 })}\n`);
}

function openTransmitSocket(index: number): number {
  const socket = openSocket(AF_PACKET, SOCK_RAW, 0);
  // struct sockaddr_ll (linux/if_packet.h): family (2), protocol (2, none: it receives nothing), index (4), …
  const address = new Uint8Array(20);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setInt32(4, index, true);
  if (socket < 0 || bind(socket, address, address.length) < 0) throw new Error('packet socket: not allowed');
  setsockopt(socket, SOL_PACKET, PACKET_QDISC_BYPASS, new Uint32Array([1]), 4);
  return socket;
}

/** One struct mmsghdr (64 bytes: name, its length, iov at 16, iovlen at 24, …) a slot, each with one struct iovec. */
function messageHeaders(): BigUint64Array {
  const headers = new BigUint64Array(BATCH * 8);
  const slotsAt = koffi.address(slots.buffer);
  const vectorsAt = koffi.address(vectors.buffer);
  for (let slot = 0; slot < BATCH; slot++) {
    vectors[slot * 2] = slotsAt + BigInt(slot * SLOT_BYTES);
    headers[slot * 8 + 2] = vectorsAt + BigInt(slot * 16);
    headers[slot * 8 + 3] = 1n;
  }
  return headers;
}

function writeFrame(slot: number, flow: number): void {
  const offset = slot * SLOT_BYTES;
  const wireBytes = frames.write(slots, offset, flow);
  slots.setUint32(offset, macHigh);
  slots.setUint16(offset + 4, macLow);
  vectors[slot * 2 + 1] = BigInt(wireBytes);
}

function sendFrom(first: number, amount: number): number {
  const sent = sendmmsg(descriptor, messages.subarray(first * 8), amount, 0);
  if (sent >= 0) return sent;
  if (koffi.errno() === ENOBUFS) return 0;
  throw new Error(`sendmmsg: errno ${koffi.errno()}`);
}

function waitUntil(time: number): void {
  while (performance.now() < time);
}

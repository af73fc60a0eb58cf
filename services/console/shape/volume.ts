import type { Volume } from '../flow-source.ts';

export const NO_VOLUME: Volume = {
  connections: 0,
  sourceBytes: 0,
  destinationBytes: 0,
  sourcePackets: 0,
  destinationPackets: 0,
  lostBytes: 0,
  repeatedBytes: 0,
};

/** The fields of a document that each sum is made of; connections are counted by `flow.id`. */
export const SUMMED_FIELDS = {
  sourceBytes: ['source.bytes'],
  destinationBytes: ['destination.bytes'],
  sourcePackets: ['source.packets'],
  destinationPackets: ['destination.packets'],
  lostBytes: ['flowtap.loss.source.bytes', 'flowtap.loss.destination.bytes'],
  repeatedBytes: [
    'flowtap.tcp.source.sequence.repeated_bytes',
    'flowtap.tcp.destination.sequence.repeated_bytes',
  ],
} as const satisfies Readonly<Record<Exclude<keyof Volume, 'connections'>, readonly string[]>>;

export function addVolumes(a: Volume, b: Volume): Volume {
  return {
    connections: a.connections + b.connections,
    sourceBytes: a.sourceBytes + b.sourceBytes,
    destinationBytes: a.destinationBytes + b.destinationBytes,
    sourcePackets: a.sourcePackets + b.sourcePackets,
    destinationPackets: a.destinationPackets + b.destinationPackets,
    lostBytes: a.lostBytes + b.lostBytes,
    repeatedBytes: a.repeatedBytes + b.repeatedBytes,
  };
}

export function bytesOf({ sourceBytes, destinationBytes }: Volume): number {
  return sourceBytes + destinationBytes;
}

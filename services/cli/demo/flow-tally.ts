import { transportName } from '../../core/protocol.ts';
import type { TableRecord } from '../record-table.ts';
import { endpoint } from '../record-table.ts';
import type { DemoRecord } from './record-from-ecs.ts';

/** Who talked to which service, and how much both ways. */
export interface Talker {
  readonly source: string;
  readonly destination: string;
  readonly transport: string;
  readonly flows: number;
  readonly bytes: number;
}

/** Adds up the records of the demo. */
export class FlowTally {
  packets = 0;
  bytes = 0;
  readonly #flows = new Set<string>();
  readonly #talkers = new Map<string, Talker>();

  get flows(): number {
    return this.#flows.size;
  }

  add({ flowId, record }: DemoRecord): void {
    const { source, destination } = record;
    const isNew = !this.#flows.has(flowId);
    this.#flows.add(flowId);
    this.packets += source.packets + destination.packets;
    this.bytes += source.bytes + destination.bytes;
    this.#addToTalker(record, source.bytes + destination.bytes, isNew ? 1 : 0);
  }

  /** Those with the most bytes, the first most. */
  topTalkers(count: number): readonly Talker[] {
    return [...this.#talkers.values()].sort((a, b) => b.bytes - a.bytes).slice(0, count);
  }

  /** The source's port is a client's, of no meaning. */
  #addToTalker({ protocol, source, destination }: TableRecord, bytes: number, flows: number): void {
    const transport = transportName(protocol);
    const key = [transport, source.address, endpoint(destination)].join(' ');
    const known = this.#talkers.get(key);
    this.#talkers.set(key, {
      source: source.address,
      destination: endpoint(destination),
      transport,
      flows: (known?.flows ?? 0) + flows,
      bytes: (known?.bytes ?? 0) + bytes,
    });
  }
}

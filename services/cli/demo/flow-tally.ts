import { transportName } from '../../core/protocol.ts';
import type { TableRecord } from '../record-table.ts';
import { endpoint } from '../record-table.ts';
import type { DemoRecord } from './record-from-document.ts';

/** Who talked to which service, and how much both ways. */
export interface Talker {
  readonly source: string;
  readonly destination: string;
  readonly transport: string;
  readonly flows: number;
  readonly bytes: number;
}

/** How many flows to a service a pod has answered. */
export interface ServiceShare {
  readonly service: string;
  readonly pod: string;
  readonly flows: number;
}

/** Adds up the records of the demo. */
export class FlowTally {
  packets = 0;
  bytes = 0;
  readonly #flows = new Set<string>();
  readonly #talkers = new Map<string, Talker>();
  readonly #shares = new Map<string, ServiceShare>();

  get flows(): number {
    return this.#flows.size;
  }

  add({ flowId, record, answered }: DemoRecord): void {
    const { source, destination } = record;
    const isNew = !this.#flows.has(flowId);
    this.#flows.add(flowId);
    this.packets += source.packets + destination.packets;
    this.bytes += source.bytes + destination.bytes;
    this.#addToTalker(record, source.bytes + destination.bytes, isNew ? 1 : 0);
    if (isNew && answered !== undefined) this.#addToShare(answered.service, answered.pod);
  }

  /** The pods behind each service that was called, by name. */
  shares(): readonly ServiceShare[] {
    const name = ({ service, pod }: ServiceShare): string => `${service}/${pod}`;
    return [...this.#shares.values()].sort((a, b) => name(a).localeCompare(name(b)));
  }

  /** Those with the most bytes, the first most. */
  topTalkers(count: number): readonly Talker[] {
    return [...this.#talkers.values()].sort((a, b) => b.bytes - a.bytes).slice(0, count);
  }

  #addToShare(service: string, pod: string): void {
    const key = `${service}/${pod}`;
    this.#shares.set(key, { service, pod, flows: (this.#shares.get(key)?.flows ?? 0) + 1 });
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

import { EcsEventWriter } from '../../services/core/ecs-event.ts';
import type { FlowRecord, TcpSide } from '../../services/core/flow-record.ts';
import { LineWriter } from '../../services/core/line-writer.ts';
import { compareTimestamps } from '../../services/core/merge-flow-records.ts';
import { FrameDecoder } from '../../services/probe/decode/frame-decoder.ts';
import * as packet from '../../services/probe/decode/packet-row.ts';
import type { RecordSink } from '../../services/probe/flow/flow-accounts.ts';
import type { FlowMeterOptions, FlowMeterStatistics } from '../../services/probe/flow/flow-meter.ts';
import { FlowMeter } from '../../services/probe/flow/flow-meter.ts';
import type { Window } from '../../services/probe/flow/window.ts';
import type { PacketMutator } from './packet-mutator.ts';

/** One in so many records is written as an event and read again. */
const EVENTS_READ = 256;

const events = new EcsEventWriter({
  hostName: 'fuzz',
  agentVersion: '0',
  dataStreamNamespace: 'default',
  segmentOffload: 'vnet_hdr',
});

/** A meter whose records are checked as they come, beside a decoder of its own that tells what must come. */
export class CheckedMeter implements RecordSink {
  readonly meter: FlowMeter;
  readonly options: FlowMeterOptions;
  readonly #decoder: FrameDecoder;
  readonly #row = new Int32Array(packet.ROW_WORDS);
  readonly #line = new LineWriter(16_384);
  /** Packets and bytes that went in, and that came out in records. */
  readonly #totals = new Float64Array(4);
  #records = 0;

  constructor(options: FlowMeterOptions) {
    this.options = options;
    this.meter = new FlowMeter(options, this);
    const { decapsulate, maxFragmentedDatagrams, hashSeed } = options;
    this.#decoder = new FrameDecoder({ decapsulate, fragmentCapacity: maxFragmentedDatagrams, hashSeed });
  }

  take(frame: PacketMutator, seconds: number, nanoseconds: number): void {
    const { view, capturedBytes, wireBytes, linkType, circumstances } = frame;
    const row = this.#row;
    if (this.#decoder.decode(view, 0, capturedBytes, wireBytes, linkType, seconds, circumstances, row, 0)) {
      this.#totals[0] += row[packet.PACKETS];
      this.#totals[1] += row[packet.IP_BYTES];
    }
    this.meter.packet(view, 0, capturedBytes, wireBytes, linkType, seconds, nanoseconds, circumstances);
    if (this.meter.isSweeping && this.#row[packet.HASH] % 16 === 0) this.meter.sweep();
  }

  record(record: FlowRecord, window: Window | undefined): void {
    this.#totals[2] += record.source.packets + record.destination.packets;
    this.#totals[3] += record.source.bytes + record.destination.bytes;
    if (compareTimestamps(record.start, record.end) > 0) throw new Error('A record ends before it starts.');
    if (this.options.windowMs === 0 && this.options.activeTimeoutSeconds === 0) {
      checkSequence(record.source.tcp);
      checkSequence(record.destination.tcp);
    }
    if (this.#records++ % EVENTS_READ === 0) this.#readEvent(record, window);
  }

  /** Ends the input; what went in must have come out. */
  finish(): FlowMeterStatistics {
    while (!this.meter.finish());
    const statistics = this.meter.statistics();
    const [packetsIn, bytesIn, packetsOut, bytesOut] = this.#totals;
    expectEqual('packets of the meter', statistics.packets, packetsIn);
    expectEqual('bytes of the meter', statistics.ipBytes, bytesIn);
    expectEqual('packets of the records', packetsOut, packetsIn);
    expectEqual('bytes of the records', bytesOut, bytesIn);
    expectEqual('records', this.#records, statistics.records);
    return statistics;
  }

  #readEvent(record: FlowRecord, window: Window | undefined): void {
    this.#line.position = 0;
    events.write(this.#line, record, window);
    const event = JSON.parse(Buffer.from(this.#line.bytes.buffer, 0, this.#line.position).toString('latin1'));
    expectEqual('bytes of an event', event.network.bytes, record.source.bytes + record.destination.bytes);
    expectEqual('id of an event', event.network.community_id, record.communityId);
  }
}

/** Over a flow's life, payload = highest - initial - missing + repeated. */
function checkSequence(tcp: TcpSide | undefined): void {
  const sequence = tcp?.sequence;
  if (sequence === undefined) return;
  const { initial, highest, missingBytes, repeatedBytes, payloadBytes } = sequence;
  expectEqual('payload of a direction', payloadBytes, highest - initial - missingBytes + repeatedBytes);
  if (missingBytes < 0) throw new Error(`A direction misses ${missingBytes} bytes.`);
}

function expectEqual(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`The ${what}: ${actual}, and not ${expected}.`);
}

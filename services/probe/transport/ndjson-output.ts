import type { EcsEventWriter, ReportedWindow } from '../../core/ecs-event.ts';
import type { FlowRecord } from '../../core/flow-record.ts';
import { LineWriter } from '../../core/line-writer.ts';
import type { RecordSink } from '../flow/flow-accounts.ts';

/** Takes a block of whole lines; must not keep `bytes`. */
export interface BlockOutput {
  write(bytes: Uint8Array, length: number): void;
}

const BLOCK_BYTES = 256 * 1024;

/** Records as ECS events, one JSON line each, handed on in large blocks. */
export class NdjsonOutput implements RecordSink {
  readonly #events: EcsEventWriter;
  readonly #output: BlockOutput;
  readonly #line = new LineWriter(BLOCK_BYTES);

  constructor(events: EcsEventWriter, output: BlockOutput) {
    this.#events = events;
    this.#output = output;
  }

  record(record: FlowRecord, window: ReportedWindow | undefined): void {
    if (this.#line.room < this.#events.eventBytes) this.flush();
    this.#events.write(this.#line, record, window);
  }

  /** Hands on what is there. */
  flush(): void {
    const line = this.#line;
    if (line.position > 0) this.#output.write(line.bytes, line.position);
    line.position = 0;
  }
}

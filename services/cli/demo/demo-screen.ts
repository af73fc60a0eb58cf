import { DescriptorOutput } from '../../probe/transport/descriptor-output.ts';
import { Terminal } from '../../runtime/terminal.ts';
import type { CommandContext } from '../command-context.ts';
import { tableHeader, tableLine } from '../record-table.ts';
import type { DemoRecord } from './record-from-document.ts';

/** Standard output as the demo writes to it: sentences, the table, and a line of progress where a person looks. */
export class DemoScreen {
  readonly #output: DescriptorOutput;
  readonly #stream: NodeJS.WriteStream;
  readonly #terminal: Terminal;
  #windowStartMs: number | undefined;

  constructor({ outputDescriptor, standardOutput, program }: CommandContext) {
    const output = new DescriptorOutput(outputDescriptor);
    this.#output = output;
    this.#stream = standardOutput;
    this.#terminal = new Terminal(
      {
        isTTY: standardOutput.isTTY,
        get columns() {
          return standardOutput.columns;
        },
        write: (text) => {
          const bytes = Buffer.from(text);
          output.write(bytes, bytes.length);
        },
      },
      program.environment,
    );
  }

  /** The reader has gone away. */
  get isClosed(): boolean {
    return this.#output.isClosed;
  }

  /** Each text is a line. */
  lines(texts: readonly string[]): void {
    for (const text of texts) this.#terminal.line(text);
  }

  header(): void {
    this.#terminal.line(this.#terminal.paint('bold', tableHeader(this.#columns).trimEnd()));
  }

  /**
   * Rows in the order of their start, below the times of their window. Records without packets, which only end a flow,
   * have none.
   */
  rows(records: readonly DemoRecord[]): void {
    const shown = records
      .filter(({ record }) => record.source.packets + record.destination.packets > 0)
      .sort(({ record: { start: a } }, { record: { start: b } }) => {
        return a.seconds - b.seconds || a.nanoseconds - b.nanoseconds;
      });
    for (const { record, windowStartMs, windowEndMs } of shown) {
      if (windowStartMs !== this.#windowStartMs) this.#windowLine(windowStartMs, windowEndMs);
      const text = tableLine(record, this.#columns).trimEnd();
      this.#terminal.line(record.endReason === 'rst' ? this.#terminal.paint('red', text) : text);
    }
  }

  #windowLine(startMs: number, endMs: number): void {
    this.#windowStartMs = startMs;
    this.#terminal.line(this.#terminal.paint('dim', `${timeOfDay(startMs)} to ${timeOfDay(endMs)}`));
  }

  progress(text: string): void {
    this.#terminal.progress(text);
  }

  endProgress(): void {
    this.#terminal.endProgress();
  }

  /** All columns where nobody looks; a terminal may not know its width. */
  get #columns(): number {
    return (this.#terminal.interactive && this.#stream.columns) || Number.POSITIVE_INFINITY;
  }
}

/** In UTC, as the rows have it. */
function timeOfDay(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19);
}

import type { FlowDocument } from '../../console/flow-source.ts';
import type { Terminal } from '../../runtime/terminal.ts';
import type { Column, TableLayout } from '../flows/text-table.ts';
import { layOut, tableHeader, tableRow } from '../flows/text-table.ts';
import type { FlowLine } from './flow-line.ts';
import { compactLine, flowLine } from './flow-line.ts';

export const FLOW_FORMATS = ['table', 'compact', 'json', 'ndjson'] as const;
export type FlowFormat = (typeof FLOW_FORMATS)[number];

/** Flows as text. `end` gives what comes after the last one. */
export interface FlowPrinter {
  print(documents: readonly FlowDocument[]): string;
  end(): string;
}

export interface Screen {
  /** Of the terminal; undefined where the output is none. */
  readonly columns: () => number | undefined;
  readonly paint: Terminal['paint'];
}

export function flowPrinter(format: FlowFormat, screen: Screen): FlowPrinter {
  switch (format) {
    case 'table':
      return new TablePrinter(screen);
    case 'compact':
      return lines((document) => {
        const line = flowLine(document);
        return painted(line, compactLine(line), screen);
      });
    case 'ndjson':
      return lines((document) => JSON.stringify(document));
    case 'json':
      return new ArrayPrinter();
  }
}

function lines(lineOf: (document: FlowDocument) => string): FlowPrinter {
  return {
    print: (documents) => documents.map((document) => `${lineOf(document)}\n`).join(''),
    end: () => '',
  };
}

/** One array of all documents. */
class ArrayPrinter implements FlowPrinter {
  #isBegun = false;

  print(documents: readonly FlowDocument[]): string {
    const texts = documents.map((document) => {
      const before = this.#isBegun ? ',\n' : '[\n';
      this.#isBegun = true;
      return `${before}${JSON.stringify(document)}`;
    });
    return texts.join('');
  }

  end(): string {
    return this.#isBegun ? '\n]\n' : '[]\n';
  }
}

const COLUMNS: readonly (Column & { readonly value: (line: FlowLine) => string })[] = [
  { name: 'TIME (UTC)', value: ({ time }) => time },
  { name: 'PROTO', value: ({ transport }) => transport },
  { name: 'SOURCE', cutTo: 24, value: ({ source }) => source },
  { name: 'DESTINATION', cutTo: 24, value: ({ destination }) => destination },
  { name: 'SERVICE', cutTo: 14, value: ({ service }) => service },
  { name: 'BYTES', align: 'right', value: ({ bytes }) => bytes },
  { name: 'PACKETS', align: 'right', value: ({ packets }) => packets },
  { name: 'LOST', align: 'right', value: ({ lostBytes }) => (lostBytes === 0 ? '' : String(lostBytes)) },
  { name: 'END', value: ({ endReason }) => endReason },
];
const DISPENSABLE = ['PACKETS', 'SERVICE', 'LOST', 'TIME (UTC)', 'BYTES'];

/** Columns as wide as the first flows need; in a terminal, as wide as it is. */
class TablePrinter implements FlowPrinter {
  readonly #screen: Screen;
  #layout: TableLayout | undefined;
  #columns: number | undefined;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  print(documents: readonly FlowDocument[]): string {
    if (documents.length === 0) return '';
    const flows = documents.map(flowLine);
    const rows = flows.map((flow) => COLUMNS.map(({ value }) => value(flow)));
    const columns = this.#screen.columns();
    const isResized = columns !== this.#columns;
    const texts: string[] = [];
    if (this.#layout === undefined || isResized) {
      this.#columns = columns;
      this.#layout = layOut(COLUMNS, rows, DISPENSABLE, columns);
      texts.push(this.#screen.paint('bold', tableHeader(this.#layout)));
    }
    for (const [index, flow] of flows.entries()) {
      texts.push(painted(flow, tableRow(this.#layout, rows[index]), this.#screen));
    }
    return `${texts.join('\n')}\n`;
  }

  end(): string {
    return '';
  }
}

function painted({ endReason, lostBytes }: FlowLine, text: string, { paint }: Screen): string {
  if (endReason === 'rst') return paint('red', text);
  return lostBytes > 0 ? paint('yellow', text) : text;
}

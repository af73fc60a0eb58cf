/** What goes into the index: created once under its id, whoever tries again. */
export interface EnrichedDocument {
  /** Name of the data stream. */
  readonly stream: string;
  readonly id: string;
  /** JSON on one line, without its end. */
  readonly body: string;
}

/** The lines of a command's summary by name; numbers as numbers. */
export type SummaryValues = ReadonlyMap<string, number | string>;

/** Reads the summary that a command has written among other lines: names and values at least two spaces apart. */
export function parseSummary(text: string): SummaryValues {
  const values = new Map<string, number | string>();
  for (const line of text.split('\n')) {
    const fields = /^ *(\S.*?) {2,}(\S+(?: \S+)*)$/.exec(line);
    if (fields === null) continue;
    const [, name, value] = fields;
    values.set(name, /^[\d,]+$/.test(value) ? Number(value.replaceAll(',', '')) : value);
  }
  return values;
}

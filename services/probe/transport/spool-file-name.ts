import type { DeliveryFacts } from './delivery.ts';

/** Of a probe's run: sequence numbers begin anew with each. */
const RUN = /^[0-9a-f]{8}$/;
const NAME = /^(\d{15})-([0-9a-f]{8})-(\d{9})-\d+-(\d+)-(\d+)-(\d+)(-final)?\.ndjson\.gz$/;

/**
 * The name of a delivery's file. It holds what is to be counted when the file is dropped, so that nobody has to read it
 * for that; and names sort by age.
 *
 * @param serial tells apart the parts of one delivery
 */
export function spoolFileName(facts: DeliveryFacts, run: string, serial: number): string {
  if (!RUN.test(run)) throw new RangeError(`A run is eight hexadecimal digits, not ${run}.`);
  const { createdMs, sequence, events, eventBytes, bodyBytes, isFinal } = facts;
  const time = String(createdMs).padStart(15, '0');
  const number = String(sequence).padStart(9, '0');
  const counts = `${events}-${eventBytes}-${bodyBytes}`;
  return `${time}-${run}-${number}-${serial}-${counts}${isFinal ? '-final' : ''}.ndjson.gz`;
}

/** Undefined for a file of another kind. The last delivery of an earlier run is one like any other. */
export function parseSpoolFileName(name: string): DeliveryFacts | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [createdMs, sequence, events, eventBytes, bodyBytes] = [1, 3, 4, 5, 6].map((group) =>
    Number(match[group]),
  );
  return { createdMs, sequence, events, eventBytes, bodyBytes, isFinal: false };
}

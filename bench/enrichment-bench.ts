import { Enricher } from '../services/enrichment/document/enrich-batch.ts';
import type { Sender } from '../services/enrichment/document/sender.ts';
import { parseBatch } from '../services/enrichment/receive/parse-batch.ts';
import { systemClock } from '../services/runtime/clock.ts';
import type { EnrichmentLoad } from './enrichment-load.ts';
import { enrichmentLoad } from './enrichment-load.ts';
import type { Table } from './table.ts';
import { decimal, integer } from './table.ts';

export interface EnrichmentResult {
  readonly pods: number;
  readonly flows: number;
  /** CPU time a flow: only reading its JSON and writing it again, and all of enrichment. */
  readonly floorMicroseconds: number;
  readonly enrichMicroseconds: number;
  readonly eventBytes: number;
  readonly documentBytes: number;
  readonly residentMiB: number;
}

const PODS = 150_000;
const BATCH = 500;
const ROUNDS = 5;
const LIMITS = { maxLines: BATCH, maxLineBytes: 64 * 1024 };
const SENDER: Sender = {
  pod: { namespace: 'team-1', name: 'service-1-6d5f7c9b4d-30', uid: '3f0c7b1e', node: 'node-30' },
  ips: ['10.255.255.254'],
  lossy: false,
};

/**
 * From bodies of lines to documents, beside reading and writing the same lines only: on one thread, with names and places
 * remembered, the stores in the same process. The median of rounds that take turns.
 */
export async function benchEnrichment(
  quick: boolean,
  progress: (text: string) => void,
): Promise<EnrichmentResult> {
  const flows = quick ? 50_000 : 200_000;
  const endMs = Math.floor(Date.now() / 10_000) * 10_000 - 60_000;
  progress(`enrichment of ${flows} flows between ${PODS} pods`);
  const load = enrichmentLoad(PODS, flows, endMs);
  const bodies = bodiesOf(load);
  const enricher = new Enricher({
    ...{ clock: systemClock, names: load.names, translations: load.translations, cluster: 'bench' },
    site: { name: 'site', latitude: 50.11, longitude: 8.68 },
  });
  // Once for what is remembered, and for the compiler.
  let documentBytes = 0;
  for (const line of await enrichAll(enricher, bodies)) documentBytes += line;
  const floor: number[] = [];
  const enriched: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    floor.push(await cpuMicroseconds(() => Promise.resolve(readAndWrite(load))));
    enriched.push(await cpuMicroseconds(() => enrichAll(enricher, bodies)));
    const [a, b] = [floor[round - 1] / flows, enriched[round - 1] / flows];
    progress(`  round ${round}: floor ${a.toFixed(2)} µs, enrichment ${b.toFixed(2)} µs a flow`);
  }
  return {
    pods: PODS,
    flows,
    floorMicroseconds: median(floor) / flows,
    enrichMicroseconds: median(enriched) / flows,
    eventBytes: load.lines.reduce((bytes, line) => bytes + line.length, 0) / flows,
    documentBytes: documentBytes / flows,
    residentMiB: process.memoryUsage.rss() / 2 ** 20,
  };
}

export function enrichmentTable(result: EnrichmentResult): Table {
  const { floorMicroseconds: floor, enrichMicroseconds: enriched } = result;
  const row = (name: string, microseconds: number, bytes: number): readonly string[] => [
    ...[name, decimal(microseconds, 1), integer(1e6 / microseconds)],
    ...[decimal(microseconds / floor, 2), integer(bytes)],
  ];
  return {
    head: [`${integer(result.pods)} pods`, 'µs/flow', 'flows/s of a core', 'of the floor', 'bytes written'],
    rows: [
      row('reading and writing JSON', floor, result.eventBytes),
      row('enrichment', enriched, result.documentBytes),
    ],
  };
}

function readAndWrite({ lines }: EnrichmentLoad): number {
  let bytes = 0;
  for (const line of lines) bytes += Buffer.byteLength(JSON.stringify(JSON.parse(line)));
  return bytes;
}

/** As they come over HTTP. */
function bodiesOf({ lines }: EnrichmentLoad): readonly Buffer[] {
  const bodies: Buffer[] = [];
  for (let at = 0; at < lines.length; at += BATCH) {
    bodies.push(Buffer.from(`${lines.slice(at, at + BATCH).join('\n')}\n`));
  }
  return bodies;
}

/** Gives the length of each batch. */
async function enrichAll(enricher: Enricher, bodies: readonly Buffer[]): Promise<readonly number[]> {
  const lengths: number[] = [];
  for (const body of bodies) {
    const { events, bad } = parseBatch(body, LIMITS);
    if (bad.length > 0) throw new Error(bad[0].message);
    let bytes = 0;
    // As the bulk body has them: the text is put together here, if it was not before.
    for (const { body } of await enricher.enrich(events, SENDER)) bytes += Buffer.byteLength(body);
    lengths.push(bytes);
  }
  return lengths;
}

async function cpuMicroseconds(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

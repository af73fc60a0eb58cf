import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FlowBatchHeader } from '../../core/flow-batch.ts';
import { FLOW_BATCH_KEY } from '../../core/flow-batch.ts';
import type { Delivery, DeliveryFacts } from './delivery.ts';
import { deflateBlock, gzipOf } from './gzip-blocks.ts';

const NEWLINE = 0x0a;

const inflate = promisify(gunzip);

/** The header line of a delivery. */
export function headerLine(header: FlowBatchHeader): Buffer {
  return Buffer.from(`${JSON.stringify({ [FLOW_BATCH_KEY]: header })}\n`);
}

/**
 * Makes two deliveries of one that has at least two events. Both keep its number; what its header asks for once, one of
 * them asks for.
 */
export async function splitDelivery(
  facts: DeliveryFacts,
  body: Uint8Array,
  level: number,
): Promise<readonly [Delivery, Delivery]> {
  const text = await inflate(body);
  const start = text.indexOf(NEWLINE) + 1;
  const { [FLOW_BATCH_KEY]: header } = JSON.parse(text.toString('utf8', 0, start)) as {
    readonly [FLOW_BATCH_KEY]: FlowBatchHeader;
  };
  const firstEvents = Math.floor(facts.events / 2);
  let middle = start;
  for (let line = 0; line < firstEvents; line++) middle = text.indexOf(NEWLINE, middle) + 1;
  const part = async (lines: Uint8Array, about: Partial<FlowBatchHeader>): Promise<Delivery> => {
    const whole = Buffer.concat([headerLine({ ...header, ...about }), lines]);
    return {
      sequence: facts.sequence,
      createdMs: facts.createdMs,
      events: about.events ?? 0,
      eventBytes: lines.length,
      isFinal: facts.isFinal && about.final !== false,
      body: gzipOf([await deflateBlock(whole, level)]),
    };
  };
  return Promise.all([
    part(text.subarray(start, middle), { events: firstEvents, final: false }),
    part(text.subarray(middle), { events: facts.events - firstEvents, heartbeat: false }),
  ]);
}

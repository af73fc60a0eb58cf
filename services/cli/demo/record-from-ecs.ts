import * as z from 'zod/mini';
import type { EndReason, Timestamp } from '../../core/flow-record.ts';
import type { TableRecord } from '../record-table.ts';

const SIDE = z.object({
  ip: z.string(),
  port: z.optional(z.number()),
  bytes: z.number(),
  packets: z.number(),
});

const END_REASONS = ['fin', 'rst', 'idle', 'shutdown', 'evicted'] as const satisfies readonly EndReason[];

const EVENT = z.object({
  event: z.object({ start: z.string() }),
  flow: z.object({ id: z.string() }),
  network: z.object({ iana_number: z.string(), community_id: z.string() }),
  source: SIDE,
  destination: SIDE,
  flowtap: z.object({
    end_reason: z.optional(z.enum(END_REASONS)),
    window: z.object({ start: z.string(), end: z.string() }),
  }),
});

/** A record as the demo needs it: what its line shows, and which flow and window it belongs to. */
export interface DemoRecord {
  readonly flowId: string;
  /** Milliseconds since 1970. */
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly record: TableRecord;
}

/** Reads a line that the probe wrote (`EcsEventWriter`). Throws a SyntaxError or ZodError for any other. */
export function recordFromEcs(line: string): DemoRecord {
  const { event, flow, network, source, destination, flowtap } = EVENT.parse(JSON.parse(line));
  return {
    flowId: flow.id,
    windowStartMs: Date.parse(flowtap.window.start),
    windowEndMs: Date.parse(flowtap.window.end),
    record: {
      communityId: network.community_id,
      protocol: Number(network.iana_number),
      start: timestampOf(event.start),
      endReason: flowtap.end_reason,
      source: sideOf(source),
      destination: sideOf(destination),
    },
  };
}

function sideOf({ ip, port, bytes, packets }: z.output<typeof SIDE>): TableRecord['source'] {
  return { address: ip, port, bytes, packets };
}

/** Of `2026-01-15T10:00:00.123456789Z`, whose fraction is finer than a Date. */
function timestampOf(text: string): Timestamp {
  const [whole, fraction] = text.split('.');
  return { seconds: Date.parse(`${whole}Z`) / 1000, nanoseconds: Number(fraction.slice(0, 9)) };
}

import * as z from 'zod/mini';
import type { EndReason, Timestamp } from '../../core/flow-record.ts';
import type { TableRecord } from '../record-table.ts';

const NAMED = z.object({ name: z.string() });

const SIDE = z.object({
  ip: z.string(),
  port: z.optional(z.number()),
  bytes: z.number(),
  packets: z.number(),
  kubernetes: z.optional(z.object({ pod: z.optional(NAMED), service: z.optional(NAMED) })),
});

const END_REASONS = ['fin', 'rst', 'idle', 'shutdown', 'evicted'] as const satisfies readonly EndReason[];

const DOCUMENT = z.object({
  event: z.object({ start: z.string() }),
  flow: z.object({ id: z.string() }),
  network: z.object({ iana_number: z.string(), community_id: z.string() }),
  source: SIDE,
  destination: SIDE,
  flowtap: z.object({
    end_reason: z.optional(z.enum(END_REASONS)),
    nat: z.optional(z.object({})),
    window: z.object({ start: z.string(), end: z.string() }),
  }),
});

/** A document as the demo needs it: what its line shows, and which flow and window it belongs to. */
export interface DemoRecord {
  readonly flowId: string;
  /** Milliseconds since 1970. */
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  /** With names in place of addresses, where there are names. */
  readonly record: TableRecord;
  /** The service whose address was called, and the pod that answered; not where the pod itself was called. */
  readonly answered: { readonly service: string; readonly pod: string } | undefined;
}

/** Reads a line that the demo's services wrote. Throws a SyntaxError or ZodError for any other. */
export function recordFromDocument(line: string): DemoRecord {
  const { event, flow, network, source, destination, flowtap } = DOCUMENT.parse(JSON.parse(line));
  const { pod, service } = destination.kubernetes ?? {};
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
    answered: flowtap.nat && pod && service && { service: service.name, pod: pod.name },
  };
}

function sideOf({ ip, port, bytes, packets, kubernetes }: z.output<typeof SIDE>): TableRecord['source'] {
  const { pod, service } = kubernetes ?? {};
  const path = [service?.name, pod?.name].filter((name) => name !== undefined);
  return { address: path.length === 0 ? ip : path.join('/'), port, bytes, packets };
}

/** Of `2026-01-15T10:00:00.123456789Z`, whose fraction is finer than a Date. */
function timestampOf(text: string): Timestamp {
  const [whole, fraction] = text.split('.');
  return { seconds: Date.parse(`${whole}Z`) / 1000, nanoseconds: Number(fraction.slice(0, 9)) };
}

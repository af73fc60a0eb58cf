import * as z from 'zod/mini';
import type { DemoState } from './demo-objects.ts';

/** Where probes deliver, in the node's namespace. */
export const DEMO_FLOWS_PORT = 8443;

/** What the process of the services says when flows can be delivered. */
export const SERVICES_READY = 'The services are ready.';

const POD = z.object({
  name: z.string(),
  app: z.string(),
  version: z.string(),
  addresses: z.array(z.string()),
});

const STATE = z.object({
  nodeAddress: z.string(),
  pods: z.array(POD),
  service: z.object({
    name: z.string(),
    addresses: z.array(z.string()),
    ports: z.array(z.object({ name: z.string(), protocol: z.string(), port: z.number() })),
    pods: z.array(POD),
  }),
  sinceMs: z.number(),
});

/** Reads what one process of the demo tells another on its command line. Throws a SyntaxError or ZodError. */
export function parseDemoState(text: string): DemoState {
  return STATE.parse(JSON.parse(text));
}

import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';

import { TemporaryFolder } from '../fixtures/temporary-folder.ts';
import type { FlowEvent } from '../support/flow-event.ts';
import { eventsByFlow, sumOfEvents } from '../support/flow-event.ts';
import type { SummaryValues } from '../support/summary-text.ts';
import type { Conversation } from './conversations.ts';
import { startClient, startServer } from './conversations.ts';
import type { InterfaceCounters, Namespace } from './namespaces.ts';
import { namespacesUnavailable, TestNetwork } from './namespaces.ts';
import type { ProbeResult } from './running-probe.ts';
import { startProbe } from './running-probe.ts';

const unavailable = namespacesUnavailable();

const WINDOW_MS = 1000;
const ETHERNET_HEADER_BYTES = 14;

const ADDRESSES = { client: ['10.0.0.1', 'fd00::1'], server: ['10.0.0.2', 'fd00::2'] };
const TCP_PORT = 4000;
const CLOSED_PORT = 4001;
/** Served on a port above its client's, so that the lower one is not the server's. */
const UDP_PORT = 61_000;
const UDP_CLIENT_PORT = 2000;

/** One conversation, and its flow as both probes must tell it. Bytes are those of the two IP versions together. */
interface Expectation {
  readonly name: string;
  readonly isFlow: (event: FlowEvent) => boolean;
  readonly evidence: { readonly client: string; readonly server: string };
  readonly endReason: string;
}

const hasPort =
  (transport: string, port: number) =>
  ({ network, source, destination }: FlowEvent): boolean =>
    network.transport === transport && (source.port === port || destination.port === port);

const EXPECTATIONS: readonly Expectation[] = [
  {
    name: 'a TCP connection that both ends close',
    isFlow: (event) => hasPort('tcp', TCP_PORT)(event) && event.flowtap.tcp?.source.flags.includes('fin') === true,
    evidence: { client: 'syn', server: 'syn' },
    endReason: 'fin',
  },
];

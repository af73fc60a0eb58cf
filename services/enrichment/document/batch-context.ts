import type { DescribedIdentity, IdentityDescriber } from '../identify/described-identity.ts';
import type { Sender } from './sender.ts';
import type { SenderAddresses } from './sender-addresses.ts';

/** What is the same for all documents of a batch. */
export interface BatchContext {
  readonly sender: Sender;
  readonly addresses: SenderAddresses;
  /** The sender's pod as its token has it: without labels. */
  readonly self: DescribedIdentity | undefined;
  /** A probe of ours, whose events leave to us who sent them. */
  readonly isOwnProbe: boolean;
  /** When the batch came, and when its documents were made. */
  readonly createdAt: string;
  readonly ingestedAt: string;
  readonly recordStream: string;
  readonly peerStream: string;
  /** Members of a document as JSON, for both streams. */
  readonly recordMembers: string;
  readonly peerMembers: string;
  /** The state store answered. */
  readonly isNamed: boolean;
  /** `flowtap.enrichment` where a port did not answer. */
  readonly degraded: { readonly degraded: readonly string[] } | undefined;
}

export interface BatchOrigin {
  readonly cluster: string | undefined;
  readonly dataStreamNamespace: string;
}

/** @param missing the ports that did not answer */
export function batchContext(
  sender: Sender,
  addresses: SenderAddresses,
  origin: BatchOrigin,
  describer: IdentityDescriber,
  cameMs: number,
  nowMs: number,
  missing: readonly string[],
): BatchContext {
  const { cluster, dataStreamNamespace: namespace } = origin;
  const orchestrator = {
    type: 'kubernetes',
    cluster: cluster === undefined ? undefined : { name: cluster },
    namespace: sender.pod?.namespace,
    resource: sender.pod && { type: 'pod', name: sender.pod.name },
  };
  const common = { orchestrator, ...probeFields(sender) };
  const dataStream = { type: 'logs', dataset: 'flowtap.flow', namespace };
  const membersOf = (fields: object): string => JSON.stringify(fields).slice(1, -1);
  return {
    sender,
    addresses,
    self: sender.pod && describer.ofSender(sender.pod),
    isOwnProbe: sender.probe !== undefined,
    createdAt: new Date(cameMs).toISOString(),
    ingestedAt: new Date(nowMs).toISOString(),
    recordStream: `logs-flowtap.flow-${namespace}`,
    peerStream: `flowtap-peer-${namespace}`,
    recordMembers: membersOf({ data_stream: dataStream, ...common }),
    peerMembers: membersOf(common),
    isNamed: !missing.includes('names'),
    degraded: missing.length === 0 ? undefined : { degraded: missing },
  };
}

/** The node is where the observed pod runs; the observer is the probe beside it. */
function probeFields({ pod, probe }: Sender): object {
  if (probe === undefined) return {};
  const node = pod?.node ?? probe.pod?.node ?? probe.host;
  const name = pod?.name ?? probe.pod?.name ?? probe.host;
  return {
    host: { name: node },
    observer: { type: 'sensor', vendor: 'flowtap', name, hostname: probe.host, version: probe.version },
  };
}

import type { InitiatorEvidence } from '../../../core/flow-record.ts';
import type { FlowDocument } from '../../flow-source.ts';
import { countOf, formatBytes, formatEndpoint } from '../format.ts';
import { fieldOf, numberOf, sumOf, textOf } from './fields.ts';

/** A matter, and what is to be said about it. */
export interface Explanation {
  readonly title: string;
  readonly sentences: readonly string[];
}

const SIDES = ['source', 'destination'] as const;
type Side = (typeof SIDES)[number];

const NAMED_BY: Readonly<Record<string, string>> = {
  self: 'it is the pod whose own probe sent the record, at an address that is proven to be its own',
  interval: 'this pod had the address from the first to the last packet of the record',
  service: 'the address is that of a service; which pod answered is not known',
  node: "it is a node's address, which pods with host network share",
  external: 'it is a public address that nobody in the cluster has',
  unknown: 'nobody is known to have had this address for all of that time',
};

const EVIDENCE: Readonly<Record<InitiatorEvidence | 'conntrack' | 'inferred', string>> = {
  syn: 'a SYN was seen: the source opened the connection',
  icmp_type: 'the ICMP type tells a request from its answer',
  known_port: 'the pod declares the port, or is known to listen on it',
  conntrack: "the node's connection table says who opened it",
  inferred: "the record of the server's own probe says who opened it",
  lower_port: 'it is a guess: the lower port is taken for the one that is served',
  first_packet: 'it is a guess: who sent the first packet that was seen is taken for the one who opened it',
};

const LOSS_EVIDENCE: Readonly<Record<string, string>> = {
  both: 'counted at both ends, and exact over the life of the flow',
  sender: 'estimated at the end that sent: what it sent again',
  receiver: 'estimated at the end that received: what it missed',
};

/** A flow in words: whom it was between and how that is known, who opened it, and what was lost. */
export function explainFlow(
  documents: readonly FlowDocument[],
  peers: readonly FlowDocument[],
): readonly Explanation[] {
  const last = documents.at(-1);
  if (last === undefined) return [];
  return [
    { title: 'What was sent', sentences: volume(documents) },
    { title: 'Addresses', sentences: addresses(last) },
    { title: 'Names', sentences: SIDES.map((side) => naming(last, side)) },
    { title: 'Direction', sentences: [direction(last)] },
    { title: 'Loss', sentences: SIDES.map((side) => loss(documents, side)) },
    { title: 'The other end', sentences: [otherEnd(documents, peers)] },
  ];
}

function volume(documents: readonly FlowDocument[]): readonly string[] {
  const sent = (side: Side): string =>
    `${formatBytes(sumOf(documents, `${side}.bytes`))} in ${countOf(sumOf(documents, `${side}.packets`), 'packet')}`;
  const end = textOf(documents.at(-1)!, 'flowtap.end_reason');
  return [
    `The source sent ${sent('source')}, the destination ${sent('destination')}, in ${countOf(documents.length, 'window')}.`,
    end === undefined ? 'It had not ended when this was written.' : `It ended: ${end}.`,
  ];
}

function addresses(document: FlowDocument): readonly string[] {
  const real = SIDES.map((side) => endpoint(document, side));
  const id = textOf(document, 'network.community_id') ?? 'none';
  const originalId = textOf(document, 'flowtap.original.community_id');
  if (originalId === undefined) {
    return [`${real[0]} talked to ${real[1]}. Nothing was translated. Community ID ${id}.`];
  }
  const seen = SIDES.map((side, index) => originalEndpoint(document, side) ?? real[index]);
  const service = ['namespace', 'name'].map((name) => textOf(document, `flowtap.nat.service.${name}`));
  const how =
    textOf(document, 'flowtap.nat.evidence') === 'inferred'
      ? "concluded from the record of the server's own probe"
      : "read from the node's connection table";
  return [
    `On the wire ${seen[0]} talked to ${seen[1]}, Community ID ${originalId}.`,
    `Really ${real[0]} talked to ${real[1]}, Community ID ${id}; this was ${how}.`,
    ...(service[1] === undefined
      ? []
      : [`The service that was called is ${service.filter(Boolean).join('/')}.`]),
  ];
}

function naming(document: FlowDocument, side: Side): string {
  const by = textOf(document, `flowtap.${side}.named_by`) ?? 'unknown';
  const name =
    textOf(document, `${side}.kubernetes.pod.name`) ??
    textOf(document, `${side}.kubernetes.service.name`) ??
    textOf(document, `${side}.kubernetes.node.name`) ??
    textOf(document, `${side}.ip`) ??
    'without an address';
  const what = side === 'source' ? 'The source' : 'The destination';
  return `${what} is ${name} (${by}): ${NAMED_BY[by] ?? 'for a reason that this page does not know'}.`;
}

function direction(document: FlowDocument): string {
  const evidence = textOf(document, 'flowtap.initiator.evidence');
  if (evidence === undefined) return 'The record does not say how the source was told from the destination.';
  return `Decided by ${evidence}: ${EVIDENCE[evidence as keyof typeof EVIDENCE] ?? 'an evidence that this page does not know'}.`;
}

function loss(documents: readonly FlowDocument[], side: Side): string {
  const [from, to] = side === 'source' ? ['source', 'destination'] : ['destination', 'source'];
  const path = `flowtap.loss.${side}`;
  const repeated = sumOf(documents, `flowtap.tcp.${side}.sequence.repeated_bytes`);
  const again = `Payload seen again: ${formatBytes(repeated)}.`;
  const known = documents.filter((document) => numberOf(document, `${path}.bytes`) !== undefined);
  if (known.length === 0) return `From ${from} to ${to}: no loss is known of. ${again}`;
  const evidences = [...new Set(known.map((document) => textOf(document, `${path}.evidence`) ?? 'unknown'))];
  const isDoubtful = known.some((document) => fieldOf(document, `${path}.unreliable`) === true);
  const how = evidences.map((word) => `${word}: ${LOSS_EVIDENCE[word] ?? 'as told'}`).join('; ');
  const doubt = isDoubtful
    ? ' It is not reliable: a probe missed packets, or saw the flow from its middle.'
    : '';
  return `From ${from} to ${to}: ${formatBytes(sumOf(known, `${path}.bytes`))} of payload lost (${how}).${doubt} ${again}`;
}

function otherEnd(documents: readonly FlowDocument[], peers: readonly FlowDocument[]): string {
  if (peers.length === 0) return 'Nothing is stored of what the other end saw of it.';
  const observers = [...new Set(peers.map((peer) => textOf(peer, 'observer.name') ?? 'another probe'))].join(
    ', ',
  );
  const seen = `${observers} saw the same flow in ${countOf(peers.length, 'window')}`;
  const differences = SIDES.flatMap((side) => {
    const difference = sumOf(peers, `${side}.bytes`) - sumOf(documents, `${side}.bytes`);
    return difference === 0 ? [] : [`${formatBytes(difference)} from the ${side}`];
  });
  return differences.length === 0
    ? `${seen}, with the same bytes in both directions.`
    : `${seen}; beside what is counted here it saw ${differences.join(' and ')}.`;
}

function endpoint(document: FlowDocument, side: Side): string {
  return formatEndpoint(textOf(document, `${side}.ip`) ?? 'somebody', numberOf(document, `${side}.port`));
}

function originalEndpoint(document: FlowDocument, side: Side): string | undefined {
  const ip = textOf(document, `flowtap.original.${side}.ip`);
  const port = numberOf(document, `flowtap.original.${side}.port`);
  if (ip === undefined && port === undefined) return undefined;
  return formatEndpoint(
    ip ?? textOf(document, `${side}.ip`) ?? '',
    port ?? numberOf(document, `${side}.port`),
  );
}

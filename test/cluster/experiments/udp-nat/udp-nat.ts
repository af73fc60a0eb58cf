import { barChart } from '../bar-chart.ts';
import type { Experiment } from '../experiment.ts';
import { markdownTable } from '../markdown-table.ts';
import type { Tuple } from './explained-flow.ts';
import type { ExplainedFlow, NatCase, UdpNatParameters, UdpNatResult } from './run-udp-nat.ts';
import { runUdpNat } from './run-udp-nat.ts';

const CASES: Readonly<Record<NatCase, string>> = {
  service: 'A pod calls a service; a pod of the other node answers',
  'node-port': "The world calls a node's port; a pod of the other node answers",
  outward: "A pod calls the world, behind its node's address",
};

/** Flows of UDP whose addresses are rewritten on the way, explained from end to end. */
export const UDP_NAT: Experiment<UdpNatParameters, UdpNatResult> = {
  name: 'udp-nat',
  question:
    "UDP has no connections, and nodes rewrite its addresses: to a pod behind a service, to the node's own on the way out. Do the documents tell who really talked, and how that is known?",
  full: { flows: 100 },
  small: { flows: 5 },
  run: runUdpNat,
  report({ flows }) {
    const right = flows.filter(({ differences }) => differences.length === 0).length;
    const names = Object.keys(CASES) as NatCase[];
    return [
      `**Answer.** ${right} of ${flows.length} flows are told as the kernel of the node had them at the same time: both tuples, both Community IDs, the service and the evidence.`,
      ...names.flatMap((name) => explained(flows, name)),
      "The kernel's view is `conntrack -L` in the namespace of the node that rewrote the addresses, read while its entries lived. What the server saw is its own answer.",
    ].join('\n\n');
  },
  chart({ flows }) {
    return barChart({
      title: 'Flows told as the kernel has them',
      series: ['as the kernel has it', 'not so'],
      groups: (Object.keys(CASES) as NatCase[]).map((name) => {
        const own = flows.filter((flow) => flow.case === name);
        const right = own.filter(({ differences }) => differences.length === 0).length;
        return { label: name, values: [right, own.length - right] };
      }),
      format: String,
    });
  },
};

/** One flow of a case, from all sides. */
function explained(flows: readonly ExplainedFlow[], name: NatCase): readonly string[] {
  const own = flows.filter((flow) => flow.case === name);
  const [example] = own;
  if (example === undefined) return [];
  const { conntrack, document, peer, outside, seenByServer } = example;
  const row = (what: string, tuple: Tuple | undefined): readonly (readonly string[])[] =>
    tuple === undefined
      ? []
      : [[what, endpoint(tuple.source), endpoint(tuple.destination), `\`${tuple.communityId}\``]];
  const rows = [
    ...row('kernel: as it was sent', conntrack.sent),
    ...row('kernel: as it arrived', conntrack.arrived),
    ...row(`document: seen by the probe of ${document?.probe}`, document?.observed),
    ...row('document: what it really is', document?.real),
    ...row(`other document: seen by the probe of ${peer?.probe}`, peer?.observed),
    ...row('resolver: seen outside of the node', outside?.observed),
    ...row('resolver: what that really is', outside?.real),
  ];
  const right = own.filter(({ differences }) => differences.length === 0).length;
  const evidence = document?.evidence ?? "none: what the pod's probe saw is what it is";
  const service = document?.service === undefined ? '' : `; service ${document.service}`;
  const differences = own.flatMap((flow) => flow.differences).slice(0, 5);
  return [
    `## ${CASES[name]}`,
    `${right} of ${own.length} flows without a difference. One of them; evidence ${evidence}${service}; the server says that it was called by ${seenByServer === undefined ? 'nobody' : endpoint(seenByServer)}.`,
    markdownTable(['', 'Source', 'Destination', 'Community ID'], rows),
    ...(differences.length === 0 ? [] : [differences.map((each) => `- ${each}`).join('\n')]),
  ];
}

function endpoint({ ip, port }: { readonly ip: string; readonly port: number }): string {
  return `${ip}:${port}`;
}

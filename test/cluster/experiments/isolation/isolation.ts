import { barChart } from '../bar-chart.ts';
import type { Experiment } from '../experiment.ts';
import { markdownTable } from '../markdown-table.ts';
import type { JudgedFlow } from './forbidden-flows.ts';
import type { IsolationParameters, IsolationResult } from './run-isolation.ts';
import { runIsolation } from './run-isolation.ts';

/** What NetworkPolicy objects forbid, found in documents of traffic on a network that does not enforce them. */
export const ISOLATION: Experiment<IsolationParameters, IsolationResult> = {
  name: 'isolation',
  question:
    'NetworkPolicy objects say who may talk to whom; a network plugin may not enforce them. Do the documents tell each connection that should not have been?',
  full: { rounds: 5 },
  small: { rounds: 1 },
  run: runIsolation,
  report(result) {
    const rows = [...byPair(result.found)]
      .map(([pair, flows]) => [
        pair,
        flows.length,
        flows.filter(({ answerPackets }) => answerPackets > 0).length,
        flows.reduce((sum, { bytes }) => sum + bytes, 0),
        [
          ...new Set(
            flows.flatMap(({ denials }) =>
              denials.map(({ type, policies }) => `${type}: ${policies.join(', ')}`),
            ),
          ),
        ].join('; '),
      ])
      .sort(([one], [other]) => (String(one) < String(other) ? -1 : 1));
    const syns = result.filtered.reduce((sum, { unansweredSyns }) => sum + unansweredSyns, 0);
    const answered = result.filtered.filter(({ answerPackets }) => answerPackets > 0).length;
    return [
      `**Answer.** Of ${result.calls} calls the generator's list calls ${result.forbiddenCalls} forbidden; ${result.forbiddenAnswered} of these were answered, in spite of ${result.policies} policies: the network enforces none. The documents tell ${result.found.length} forbidden connections: ${result.misses.length} missed, ${result.falsePositives.length} wrongly accused. ${result.unseen} calls are in no document.`,
      `${result.filteredCalls} forbidden calls met a rule of the packet filter that drops them. They are documents with ${syns} unanswered SYNs, ${answered} of them with an answer: this is what an enforced policy looks like.`,
      '## Forbidden connections',
      markdownTable(['From → to', 'Connections', 'Answered', 'Bytes', 'No rule allows it, of'], rows),
      'Which calls are forbidden is written in a table by hand, from the policies; the documents are judged by an evaluator of policies that knows nothing of that table: labels of the pods from the documents, labels of namespaces, named ports and addresses of nodes from the API server. Calls to a service are judged by the pod that answered.',
    ].join('\n\n');
  },
  chart({ found }) {
    const groups = Map.groupBy(
      found,
      ({ source, destination }) => `${tenantOf(source)} → ${tenantOf(destination)}`,
    );
    return barChart({
      title: 'Forbidden connections between tenants',
      series: ['answered', 'not answered'],
      groups: [...groups].map(([label, flows]) => {
        const answered = flows.filter(({ answerPackets }) => answerPackets > 0).length;
        return { label, values: [answered, flows.length - answered] };
      }),
      format: String,
    });
  },
};

function byPair(flows: readonly JudgedFlow[]): ReadonlyMap<string, readonly JudgedFlow[]> {
  return Map.groupBy(
    flows,
    ({ source, destination, port, protocol }) =>
      `${source} → ${destination}, ${protocol.toLowerCase()} ${port}`,
  );
}

/** The namespace of a pod; an address as it is. */
function tenantOf(name: string): string {
  return name.split('/')[0];
}

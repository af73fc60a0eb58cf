import { barChart } from '../bar-chart.ts';
import type { Experiment } from '../experiment.ts';
import { markdownTable } from '../markdown-table.ts';
import type { Verdict } from './judged-name.ts';
import type { PodChurnParameters, PodChurnResult } from './run-pod-churn.ts';
import { runPodChurn } from './run-pod-churn.ts';

const VERDICTS: readonly Verdict[] = ['right', 'unknown', 'shared', 'wrong'];

/** Names of pods while addresses go from one to the next. */
export const POD_CHURN: Experiment<PodChurnParameters, PodChurnResult> = {
  name: 'pod-churn',
  question:
    "Pods come and go, and take over one another's addresses while traffic flows. Is a wrong pod ever named?",
  full: { slots: 3, lives: 12, lifeMs: 6000 },
  small: { slots: 2, lives: 3, lifeMs: 4000 },
  run: runPodChurn,
  report(result) {
    const judged = VERDICTS.reduce((sum, verdict) => sum + result.verdicts[verdict], 0);
    const share = (verdict: Verdict): string =>
      `${((100 * result.verdicts[verdict]) / Math.max(1, judged)).toFixed(2)} %`;
    const evidence = Object.entries(result.byEvidence).map(([name, counts]) => [
      `\`${name}\``,
      ...VERDICTS.map((verdict) => counts[verdict] ?? 0),
    ]);
    return [
      `**Answer.** ${result.verdicts.wrong} of ${judged} names are wrong. ${result.pods} pods had ${result.addresses} addresses in ${result.seconds.toFixed(0)} s.`,
      markdownTable(
        ['', 'Ends of documents', 'Share'],
        VERDICTS.map((verdict) => [verdict, result.verdicts[verdict], share(verdict)]),
      ),
      'By how the end was named:',
      markdownTable(['', ...VERDICTS], evidence),
      markdownTable(
        ['Address', 'Pods that had it'],
        result.tenants.map(({ ip, pods }) => [ip, pods]),
      ),
      `Truth is what each pod wrote down itself, with its UID: ${result.logLines} answers given or got. An end is right where the one pod that wrote down what the document tells is named; *shared*: several did, one after the other in one window of one flow, so that none may be named, and none was. ${result.notJudged} ends were not judged: packets that no pod answered, and no pod wrote down.`,
      'Real pods, created and deleted through the API server; every third one has no probe. All call all of the addresses, from new ports by TCP and UDP, and from one port by UDP all the time, so that one flow goes on over several owners of its address.',
    ].join('\n\n');
  },
  chart({ byEvidence }) {
    return barChart({
      title: 'Names of ends whose addresses changed hands',
      series: VERDICTS,
      groups: Object.entries(byEvidence).map(([label, counts]) => ({
        label,
        values: VERDICTS.map((verdict) => counts[verdict] ?? 0),
      })),
      format: String,
    });
  },
};

import type { ExperimentBed } from './experiment-bed.ts';

/** A question, and traffic on a cluster that answers it. */
export interface Experiment<Parameters, Result> {
  readonly name: string;
  readonly question: string;
  readonly full: Parameters;
  /** For tests: the same, in as little time as possible. */
  readonly small: Parameters;
  run(bed: ExperimentBed, parameters: Parameters): Promise<Result>;
  /** In Markdown: the answer, the numbers, and how they came about. */
  report(result: Result, parameters: Parameters): string;
  /** As SVG. */
  chart(result: Result): string;
}

/** With its types forgotten, among others. */
export interface ListedExperiment {
  readonly name: string;
  readonly question: string;
  /** @param scale which of its parameters; gives its report and its chart */
  carryOut(bed: ExperimentBed, scale: 'full' | 'small'): Promise<ExperimentReport>;
}

export interface ExperimentReport {
  readonly markdown: string;
  readonly svg: string;
}

export function listed<Parameters, Result>(experiment: Experiment<Parameters, Result>): ListedExperiment {
  const { name, question } = experiment;
  return {
    name,
    question,
    async carryOut(bed, scale) {
      const parameters = experiment[scale];
      const result = await experiment.run(bed, parameters);
      const nodes = `${bed.cluster.nodes.length} nodes`;
      const how = [
        `Run with \`npm run experiment -- ${name}${scale === 'small' ? ' --small' : ''}\` on a cluster of ${nodes}`,
        `(docs/cluster.md), windows of 2 s, with these parameters:`,
      ].join(' ');
      const shown = `\`\`\`json\n${JSON.stringify(parameters)}\n\`\`\``;
      const parts = [
        `# ${name}`,
        question,
        experiment.report(result, parameters),
        `![${name}](${name}.svg)`,
        '## How it was run',
        how,
        shown,
      ];
      return { markdown: `${parts.join('\n\n')}\n`, svg: experiment.chart(result) };
    },
  };
}

// `npm run experiment -- NAME …`: carries out experiments on a cluster of their own on this machine.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { ListedExperiment } from './experiment.ts';
import type { ExperimentBed } from './experiment-bed.ts';
import { bedUnavailable, startBed, stopBed } from './experiment-bed.ts';
import { NETWORK_EXPERIMENTS } from './network-experiments.ts';

const WIDTH = Math.max(...NETWORK_EXPERIMENTS.map(({ name }) => name.length));
const USAGE = `npm run experiment -- NAME …      carries out experiments, one after the other
npm run experiment -- all         all of them

${NETWORK_EXPERIMENTS.map(({ name, question }) => `  ${name.padEnd(WIDTH)}  ${question}`).join('\n')}

  --small              with the parameters of their tests
  --nodes <count>      how many nodes run pods (default 3)
  --write <folder>     a folder that gets the report and the chart of each, such as docs/experiments
`;

async function run(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      small: { type: 'boolean', default: false },
      nodes: { type: 'string', default: '3' },
      write: { type: 'string' },
    },
  });
  const nodes = Number(values.nodes);
  if (!Number.isInteger(nodes) || nodes < 2 || nodes > 9) throw new Error('--nodes is a count from 2 to 9');
  const wanted = positionals.includes('all') ? NETWORK_EXPERIMENTS.map(({ name }) => name) : positionals;
  if (wanted.length === 0) throw new Error(USAGE);
  const experiments = wanted.map((name) => {
    const experiment = NETWORK_EXPERIMENTS.find((each) => each.name === name);
    if (experiment === undefined) throw new Error(`There is no experiment ${name}.\n\n${USAGE}`);
    return experiment;
  });
  const missing = bedUnavailable();
  if (missing !== undefined) throw new Error(`There can be no cluster here: ${missing}.`);
  console.error('images');
  const bed = await startBed(nodes, (step) => console.error(step));
  try {
    for (const experiment of experiments) {
      console.error(experiment.name);
      // One that fails takes no other with it.
      await carryOut(experiment, bed, values).catch((error: unknown) => fail(`${experiment.name}: ${error}`));
    }
  } finally {
    await stopBed(bed);
  }
}

async function carryOut(
  experiment: ListedExperiment,
  bed: ExperimentBed,
  { small, write }: { readonly small: boolean; readonly write?: string },
): Promise<void> {
  const { markdown, svg } = await experiment.carryOut(bed, small ? 'small' : 'full');
  console.log(markdown);
  if (write === undefined) return;
  const folder = resolve(write);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${experiment.name}.md`), markdown);
  writeFileSync(join(folder, `${experiment.name}.svg`), svg);
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}

await run().catch((error: unknown) => fail(error instanceof Error ? error.message : String(error)));

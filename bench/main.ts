import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { FileBench } from './file-bench.ts';
import { benchFiles } from './file-bench.ts';
import { fileTables } from './file-report.ts';
import type { LiveResult } from './live-bench.ts';
import { benchLive } from './live-bench.ts';
import { LIVE_CAPTURES } from './live-captures.ts';
import { comparedLoads, memoryLoad } from './live-loads.ts';
import { liveTable, memoryPerFlow } from './live-report.ts';
import { machineFacts } from './machine.ts';
import { performancePage } from './performance-page.ts';
import { onPath } from './programs.ts';
import { plainTable } from './table.ts';

const USAGE = `Usage: npm run bench -- [--files] [--live] [--resolver] [--enrichment] [--quick] [--write]

  --files  reading capture files, beside other flow meters
  --live   capturing on an interface, beside tcpdump and cap (root, Linux)
  --resolver  new connections through a service, while the resolver translates them (root, Linux, memcached)
  --enrichment  making documents of records, between 150,000 pods
  --quick  a tenth of the packets, one round of live captures
  --write  all of it, and the result into docs/performance.md
`;

const root = join(import.meta.dirname, '..');
const cacheFolder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'flowtap', 'bench');
const progress = (text: string): boolean => process.stderr.write(`${text}\n`);

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
await main();

async function main(): Promise<void> {
  const choice = readArguments();
  if (choice === undefined) {
    process.stderr.write(USAGE);
    process.exitCode = 2;
    return;
  }
  execFileSync(process.execPath, [join(root, 'scripts', 'build.mjs')], { cwd: root, stdio: 'ignore' });
  mkdirSync(cacheFolder, { recursive: true });
  process.stdout.write(`${machineFacts().join('\n')}\n\n`);
  if (choice.resolver) return await measureResolver(choice.quick);
  if (choice.enrichment) return await measureEnrichment(choice.quick);
  const files = choice.files ? await measureFiles(choice.quick) : undefined;
  const live = choice.live ? await measureLive(choice.quick) : undefined;
  if (choice.write && files !== undefined && live !== undefined) {
    writeFileSync(join(root, 'docs', 'performance.md'), performancePage({ files, live }));
    progress('docs/performance.md is written');
  }
}

interface Choice {
  readonly files: boolean;
  readonly live: boolean;
  readonly resolver: boolean;
  readonly enrichment: boolean;
  readonly quick: boolean;
  readonly write: boolean;
}

function readArguments(): Choice | undefined {
  const flag = { type: 'boolean', default: false } as const;
  try {
    const { values } = parseArgs({
      options: { files: flag, live: flag, resolver: flag, enrichment: flag, quick: flag, write: flag },
    });
    const both = values.files === values.live;
    const alone = [values.resolver, values.enrichment].filter((isChosen) => isChosen).length;
    if (values.write && (values.quick || alone > 0 || !both)) return undefined;
    if (alone > 1 || (alone === 1 && (values.files || values.live))) return undefined;
    return {
      files: values.files || both,
      live: values.live || both,
      resolver: values.resolver,
      enrichment: values.enrichment,
      quick: values.quick,
      write: values.write,
    };
  } catch {
    return undefined;
  }
}

async function measureEnrichment(quick: boolean): Promise<void> {
  const { benchEnrichment, enrichmentTable } = await import('./enrichment-bench.ts');
  const result = await benchEnrichment(quick, progress);
  process.stdout.write(`Enrichment alone\n\n${plainTable(enrichmentTable(result))}`);
}

async function measureResolver(quick: boolean): Promise<void> {
  const { benchResolver, resolverImpossible, resolverLoads, resolverTable } = await import(
    './resolver-bench.ts'
  );
  const reason = resolverImpossible();
  if (reason !== undefined) process.stdout.write(`The resolver is not measured: ${reason}\n`);
  else process.stdout.write(plainTable(resolverTable(await benchResolver(resolverLoads(quick), progress))));
}

async function measureFiles(quick: boolean): Promise<FileBench> {
  const packets = quick ? 500_000 : 5_000_000;
  const flows = quick ? [1_000, 100_000] : [1_000, 100_000, 1_000_000];
  const shapes = flows.map((count) => ({ packets, flows: count, seed: 1 }));
  const bench = await benchFiles(cacheFolder, shapes, progress);
  for (const { title, table } of fileTables(bench))
    process.stdout.write(`${title}\n\n${plainTable(table)}\n`);
  for (const { reader, reason } of bench.absent) process.stdout.write(`${reader.name}: ${reason}\n`);
  return bench;
}

async function measureLive(quick: boolean): Promise<readonly LiveResult[] | string> {
  const reason = liveImpossible();
  if (reason !== undefined) {
    process.stdout.write(`Live capture not measured: ${reason}\n`);
    return reason;
  }
  const rounds = quick ? 1 : 3;
  const compared = await benchLive(cacheFolder, LIVE_CAPTURES, comparedLoads(quick), rounds, progress);
  const memory = await benchLive(
    cacheFolder,
    LIVE_CAPTURES.slice(0, 1),
    [memoryLoad(quick)],
    rounds,
    progress,
  );
  const results = [...compared, ...memory];
  process.stdout.write(
    `Live capture\n\n${plainTable(liveTable(results))}\n${memoryPerFlow(results) ?? ''}\n`,
  );
  return results;
}

function liveImpossible(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux.';
  if (process.getuid?.() !== 0) return 'it needs root, for network namespaces.';
  return onPath('ip') === undefined ? 'it needs the program ip: apt-get install iproute2.' : undefined;
}
